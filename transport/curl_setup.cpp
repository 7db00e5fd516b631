// The half of CurlTransfer that tells libcurl what to do.
#include <algorithm>

#include "transport/curl_transfer.h"

namespace tollgate::transport {
namespace {

using CurlLong = long;  // NOLINT(google-runtime-int): libcurl's own type for numbers.

constexpr std::size_t kShortReplyBytes = std::size_t{16} * 1024;
constexpr CurlLong kShortReplyBuffer = 1'024;

// To libcurl, 0 means "no limit": nothing here is without one.
CurlLong at_least_one_ms(std::chrono::milliseconds limit) {
    return std::max<CurlLong>(1, limit.count());
}

// Options one after the other; false once libcurl has refused one.
class Options {
public:
    explicit Options(CURL* easy) : easy_(easy) {}

    template <typename Value>
    Options& set(CURLoption option, Value value) {
        good_ = curl_easy_setopt(easy_, option, value) == CURLE_OK && good_;
        return *this;
    }
    bool good() const { return good_; }

private:
    CURL* easy_;
    bool good_ = true;
};

bool has_body(const ClientRequest& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
           request.method == "PATCH";
}

bool has_short_reply(const ClientRequest& request) {
    return request.reply_bytes_max <= kShortReplyBytes;
}

}  // namespace

bool CurlTransfer::set_up(const CurlClient::Options& options) {
    const ClientRequest& request = now_.request;
    if (!shape_ || !fits(*shape_)) {
        curl_easy_reset(easy_.get());
        url_.clear();
        shape_ = Shape{.method = request.method,
                       .has_body = has_body(request),
                       .fresh_connection = request.fresh_connection,
                       .is_guarded = request.guard != nullptr,
                       .has_short_reply = has_short_reply(request),
                       .connect_timeout = request.connect_timeout,
                       .total_timeout = request.total_timeout};
        if (!set_own() || !set_rules(options) || !set_shape(*shape_, options)) return false;
    }
    return set_url() && set_body() && set_headers();
}

bool CurlTransfer::fits(const Shape& shape) const {
    const ClientRequest& request = now_.request;
    return shape.method == request.method && shape.has_body == has_body(request) &&
           shape.fresh_connection == request.fresh_connection &&
           shape.is_guarded == (request.guard != nullptr) &&
           shape.has_short_reply == has_short_reply(request) &&
           shape.connect_timeout == request.connect_timeout &&
           shape.total_timeout == request.total_timeout;
}

// What points to us.
bool CurlTransfer::set_own() {
    return Options(easy_.get())
               .set(CURLOPT_PRIVATE, this)
               .set(CURLOPT_ERRORBUFFER, error_text_.data())
               .set(CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body)
               .set(CURLOPT_WRITEDATA, this)
               .set(CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header)
               .set(CURLOPT_HEADERDATA, this)
               .set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_socket)
               .set(CURLOPT_OPENSOCKETDATA, this)
               .good() &&
           loop_.watch_closing(easy_.get());
}

bool CurlTransfer::set_rules(const CurlClient::Options& options) {
    Options rules(easy_.get());
    rules.set(CURLOPT_NOSIGNAL, 1L)
        .set(CURLOPT_FOLLOWLOCATION, 0L)
        .set(CURLOPT_PROTOCOLS_STR, "http,https")
        // HTTP/2 would add repeats of its own (REFUSED_STREAM) and shared connections.
        .set(CURLOPT_HTTP_VERSION, static_cast<CurlLong>(CURL_HTTP_VERSION_1_1))
        .set(CURLOPT_SSLVERSION, static_cast<CurlLong>(CURL_SSLVERSION_TLSv1_2))
        .set(CURLOPT_SSL_VERIFYPEER, 1L)
        .set(CURLOPT_SSL_VERIFYHOST, 2L)
        .set(CURLOPT_USERAGENT, options.user_agent.c_str());
    if (!options.ca_file.empty()) rules.set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.pinned_public_key.empty()) {
        rules.set(CURLOPT_PINNEDPUBLICKEY, options.pinned_public_key.c_str());
    }
    return rules.good();
}

bool CurlTransfer::set_shape(const Shape& shape, const CurlClient::Options& options) {
    Options of_shape(easy_.get());
    of_shape
        .set(CURLOPT_PATH_AS_IS, 1L)  // What was signed is what is sent.
        .set(CURLOPT_CONNECTTIMEOUT_MS, at_least_one_ms(shape.connect_timeout))
        .set(CURLOPT_TIMEOUT_MS, at_least_one_ms(shape.total_timeout));
    if (shape.fresh_connection) {
        of_shape.set(CURLOPT_FRESH_CONNECT, 1L).set(CURLOPT_FORBID_REUSE, 1L);
    }
    // libcurl takes and gives back its buffer for every request: 16 KiB make the heap sort itself
    // out each time, so little does not.
    if (shape.has_short_reply) of_shape.set(CURLOPT_BUFFERSIZE, kShortReplyBuffer);
    // Unset means what the environment says, empty means none. The guard would judge the proxy.
    if (!options.proxy_from_environment || shape.is_guarded) of_shape.set(CURLOPT_PROXY, "");
    // A kept connection opens no socket, and an unguarded request may have opened it.
    if (shape.is_guarded) {
        of_shape.set(CURLOPT_PREREQFUNCTION, &CurlTransfer::on_connected)
            .set(CURLOPT_PREREQDATA, this);
    }
    return of_shape.good() && set_method(shape);
}

bool CurlTransfer::set_url() {
    if (url_ == now_.request.url) return true;
    url_ = now_.request.url;
    return Options(easy_.get()).set(CURLOPT_URL, url_.c_str()).good();
}

bool CurlTransfer::set_method(const Shape& shape) {
    Options method(easy_.get());
    if (shape.has_body) {
        method.set(CURLOPT_POST, 1L);
    } else if (shape.method == "HEAD") {
        return method.set(CURLOPT_NOBODY, 1L).good();
    }
    const bool is_default = shape.method == (shape.has_body ? "POST" : "GET");
    if (!is_default) method.set(CURLOPT_CUSTOMREQUEST, shape.method.c_str());
    return method.good();
}

bool CurlTransfer::set_body() {
    if (!shape_->has_body) return true;
    const std::string& body = now_.request.body;
    return Options(easy_.get())
        .set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()))
        .set(CURLOPT_POSTFIELDS, body.c_str())
        .good();
}

bool CurlTransfer::set_headers() {
    const ClientRequest& request = now_.request;
    headers_.clear();
    for (const auto& [name, value] : request.headers) {
        // "Name;" is libcurl's spelling of a header with an empty value.
        headers_.add(name, value.empty() ? ";" : ": ", value);
    }
    // Headers that libcurl would add by itself. Waiting for "100 Continue" costs a second against
    // servers that do not know it, and a made-up content type is a lie.
    for (const std::string_view name : {"Expect", "Content-Type"}) {
        if (!find_header(request.headers, name)) headers_.add(name, ":");
    }
    for (const std::string_view name : {"Accept", "User-Agent"}) {
        if (!request.exact_headers || find_header(request.headers, name)) continue;
        headers_.add(name, ":");
    }
    return Options(easy_.get()).set(CURLOPT_HTTPHEADER, headers_.get()).good();
}

curl_socket_t CurlTransfer::on_socket(void* self, curlsocktype purpose, curl_sockaddr* address) {
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    return static_cast<CurlTransfer*>(self)->open_socket(*address);
}

int CurlTransfer::on_connected(void* self, char* remote, char* /*local*/, int /*remote_port*/,
                               int /*local_port*/) {
    auto& transfer = *static_cast<CurlTransfer*>(self);
    const auto address = IpAddress::parse(remote);
    if (address && transfer.allows(*address)) return CURL_PREREQFUNC_OK;
    transfer.now_.tried_address = remote;
    transfer.now_.has_blocked = true;
    transfer.now_.has_opened = false;
    return CURL_PREREQFUNC_ABORT;
}

bool CurlTransfer::allows(const IpAddress& address) const {
    return !now_.request.guard || now_.request.guard->allows(address);
}

curl_socket_t CurlTransfer::open_socket(const curl_sockaddr& address) {
    const auto ip = IpAddress::of(address.addr);
    now_.tried_address = ip ? ip->text() : "";
    if (!ip || !allows(*ip)) {
        now_.has_blocked = true;
        return CURL_SOCKET_BAD;
    }
    now_.has_opened = true;
    const int made = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
    if (made < 0) return CURL_SOCKET_BAD;
    loop_.opened(made);
    return made;
}

}  // namespace tollgate::transport
