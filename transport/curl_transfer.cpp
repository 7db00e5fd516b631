#include "transport/curl_transfer.h"

#include <algorithm>
#include <utility>

#include "transport/http_text.h"
#include "transport/outgoing_url.h"

namespace tollgate::transport {
namespace {

constexpr std::size_t kReplyHeadBytesMax = std::size_t{64} * 1024;

// The stable name of a failure, for programs; see Error::reason.
std::string_view reason_of(CURLcode code) {
    switch (static_cast<int>(code)) {
        case CURLE_COULDNT_RESOLVE_HOST: return "could_not_resolve";
        case CURLE_COULDNT_CONNECT: return "could_not_connect";
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH: return "tls_failed";
        case CURLE_OPERATION_TIMEDOUT: return "timed_out";
        default: return "connection_lost";
    }
}

// libcurl's own type for options and numbers.
using CurlLong = long;  // NOLINT(google-runtime-int)

// To libcurl, 0 means "no limit": nothing here is without one.
CurlLong at_least_one_ms(std::chrono::milliseconds limit) {
    return std::max<CurlLong>(1, limit.count());
}

}  // namespace

Result<Done> check_request(const ClientRequest& request) {
    TOLLGATE_DO(read_outgoing_url(request.url));
    if (!is_token(request.method)) {
        return Error(ErrorCode::invalid_argument, "the method is malformed");
    }
    for (const auto& [header, value] : request.headers) {
        if (!is_token(header) || !is_field_value(value)) {
            return Error(ErrorCode::invalid_argument, "a header cannot be sent as one line");
        }
    }
    return Done{};
}

CurlTransfer::CurlTransfer(ClientRequest request, HttpClient::Completion done, CurlEasy easy)
    : request_(std::move(request)), done_(std::move(done)), easy_(std::move(easy)) {}

Result<Done> CurlTransfer::prepare(const CurlClient::Options& options) {
    if (!easy_ || !set_request() || !set_rules(options) || !set_guard()) {
        return Error(ErrorCode::unavailable, "libcurl could not take the request");
    }
    return Done{};
}

bool CurlTransfer::set_headers() {
    for (const auto& [name, value] : request_.headers) {
        // "Name;" is libcurl's spelling of a header with an empty value.
        std::string line = name;
        line.append(value.empty() ? ";" : ": ").append(value);
        if (!headers_.add(line)) return false;
    }
    // Headers that libcurl would add by itself. Waiting for "100 Continue" costs a second against
    // servers that do not know it, and a made-up content type is a lie.
    if (!find_header(request_.headers, "Expect") && !headers_.add("Expect:")) return false;
    if (!find_header(request_.headers, "Content-Type") && !headers_.add("Content-Type:")) {
        return false;
    }
    for (const char* name : {"Accept", "User-Agent"}) {
        if (!request_.exact_headers || find_header(request_.headers, name)) continue;
        if (!headers_.add(std::string(name) + ":")) return false;
    }
    return curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get()) == CURLE_OK;
}

bool CurlTransfer::set_method() {
    CURL* const easy = easy_.get();
    const bool has_body = !request_.body.empty() || request_.method == "POST" ||
                          request_.method == "PUT" || request_.method == "PATCH";
    bool good = true;
    if (has_body) {
        const auto size = static_cast<curl_off_t>(request_.body.size());
        good = curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK && good;
        good = curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size) == CURLE_OK && good;
        good =
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.c_str()) == CURLE_OK && good;
    } else if (request_.method == "HEAD") {
        return curl_easy_setopt(easy, CURLOPT_NOBODY, 1L) == CURLE_OK;
    }
    const bool is_default = request_.method == (has_body ? "POST" : "GET");
    if (is_default) return good;
    return curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str()) == CURLE_OK &&
           good;
}

bool CurlTransfer::set_request() {
    CURL* const easy = easy_.get();
    bool good = true;
    const auto set = [&](auto option, auto value) {
        good = curl_easy_setopt(easy, option, value) == CURLE_OK && good;
    };
    set(CURLOPT_PRIVATE, this);
    set(CURLOPT_ERRORBUFFER, error_text_.data());
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);  // What was signed is what is sent.
    set(CURLOPT_CONNECTTIMEOUT_MS, at_least_one_ms(request_.connect_timeout));
    set(CURLOPT_TIMEOUT_MS, at_least_one_ms(request_.total_timeout));
    set(CURLOPT_WRITEFUNCTION, &CurlTransfer::on_body);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header);
    set(CURLOPT_HEADERDATA, this);
    if (request_.fresh_connection) {
        set(CURLOPT_FRESH_CONNECT, 1L);
        set(CURLOPT_FORBID_REUSE, 1L);
    }
    return good && set_method() && set_headers();
}

bool CurlTransfer::set_rules(const CurlClient::Options& options) {
    CURL* const easy = easy_.get();
    bool good = true;
    const auto set = [&](auto option, auto value) {
        good = curl_easy_setopt(easy, option, value) == CURLE_OK && good;
    };
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    // HTTP/2 would add repeats of its own (REFUSED_STREAM) and shared connections.
    set(CURLOPT_HTTP_VERSION, static_cast<CurlLong>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_SSLVERSION, static_cast<CurlLong>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (!options.pinned_public_key.empty()) {
        set(CURLOPT_PINNEDPUBLICKEY, options.pinned_public_key.c_str());
    }
    return good && set_route(options);
}

bool CurlTransfer::set_route(const CurlClient::Options& options) {
    // Unset means what the environment says, empty means none. The guard would judge the proxy.
    if (options.proxy_from_environment && !request_.guard) return true;
    return curl_easy_setopt(easy_.get(), CURLOPT_PROXY, "") == CURLE_OK;
}

bool CurlTransfer::set_guard() {
    CURL* const easy = easy_.get();
    bool good = true;
    const auto set = [&](auto option, auto value) {
        good = curl_easy_setopt(easy, option, value) == CURLE_OK && good;
    };
    set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::on_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    // A kept connection opens no socket, and an unguarded request may have opened it.
    if (!request_.guard) return good;
    set(CURLOPT_PREREQFUNCTION, &CurlTransfer::on_connected);
    set(CURLOPT_PREREQDATA, this);
    return good;
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
    transfer.tried_address_ = remote;
    transfer.has_blocked_ = true;
    transfer.has_opened_ = false;
    return CURL_PREREQFUNC_ABORT;
}

bool CurlTransfer::allows(const IpAddress& address) const {
    return !request_.guard || request_.guard->allows(address);
}

curl_socket_t CurlTransfer::open_socket(const curl_sockaddr& address) {
    const auto ip = IpAddress::of(address.addr);
    tried_address_ = ip ? ip->text() : "";
    if (!ip || !allows(*ip)) {
        has_blocked_ = true;
        return CURL_SOCKET_BAD;
    }
    has_opened_ = true;
    return ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<CurlTransfer*>(self)->take_body(bytes, size * count) ? size * count : 0;
}

std::size_t CurlTransfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<CurlTransfer*>(self)->take_header({bytes, size * count}) ? size * count : 0;
}

// Answering less than libcurl brought makes it end the transfer.
bool CurlTransfer::take_body(const char* bytes, std::size_t size) {
    const std::size_t room = request_.reply_bytes_max - body_bytes_;
    too_large_ = size > room && !request_.keep_only_start;
    if (too_large_) return false;
    const std::string_view kept(bytes, std::min(size, room));
    body_bytes_ += kept.size();
    if (request_.body_sink) {
        not_taken_ = !request_.body_sink(kept);
        return !not_taken_;
    }
    reply_.body.append(kept);
    return true;
}

bool CurlTransfer::take_header(std::string_view line) {
    head_bytes_ += line.size();
    too_large_ = head_bytes_ > kReplyHeadBytesMax;
    if (too_large_) return false;
    // Each status line begins a head anew: an interim answer's fields are not the answer's.
    if (line.starts_with("HTTP/")) {
        reply_.headers.clear();
        head_is_whole_ = false;
        return true;
    }
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) head_is_whole_ = true;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    reply_.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
    return true;
}

// Counts since the start, over every connection that libcurl may have tried.
bool CurlTransfer::bytes_went_out() const {
    CurlLong head_bytes = 0;
    curl_off_t body_bytes = 0;
    const bool known =
        curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &head_bytes) == CURLE_OK &&
        curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &body_bytes) == CURLE_OK;
    return !known || head_bytes > 0 || body_bytes > 0;
}

// The message names what failed but not the URL, whose query may hold anything.
Error CurlTransfer::failure(std::string_view reason, std::string_view text) const {
    const bool sent = bytes_went_out();
    std::string message(text);
    message += sent ? " (the request had left us)" : " (nothing was sent)";
    return Error(sent ? ErrorCode::outcome_unknown : ErrorCode::unavailable, std::move(message))
        .because(reason);
}

Error CurlTransfer::cancelled() const {
    return failure("cancelled", "the call was cancelled");
}

Error CurlTransfer::blocked() const {
    return Error(ErrorCode::failed_precondition,
                 "the address " + tried_address_ +
                     " is not one that we may connect to (nothing was sent)")
        .because(kBlockedAddress);
}

ExchangeTimes CurlTransfer::times() const {
    // Since the start, and never less than what came before: of a kept connection libcurl tells
    // one moment for all of them.
    const auto since_start = [this](CURLINFO which) {
        curl_off_t microseconds = 0;
        if (easy_) curl_easy_getinfo(easy_.get(), which, &microseconds);
        return std::chrono::microseconds(microseconds);
    };
    const auto phase = [](auto end, auto begin) { return std::max(end - begin, end - end); };
    const auto dns = since_start(CURLINFO_NAMELOOKUP_TIME_T);
    const auto connect = since_start(CURLINFO_CONNECT_TIME_T);
    const auto tls = since_start(CURLINFO_APPCONNECT_TIME_T);
    return {.dns = dns,
            .connect = phase(connect, dns),
            .tls = phase(tls, connect),
            .first_byte = since_start(CURLINFO_STARTTRANSFER_TIME_T),
            .total = since_start(CURLINFO_TOTAL_TIME_T)};
}

// Empty before there was any: on a kept connection libcurl knows better than we do.
std::string CurlTransfer::last_address() const {
    if (!tried_address_.empty() || !easy_) return tried_address_;
    const char* address = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &address);
    return address == nullptr ? "" : address;
}

void CurlTransfer::complete(Result<ClientReply> result, std::vector<CurlEasy>& idle) {
    if (request_.trace) {
        request_.trace->remote_address = result ? result->remote_address : last_address();
        request_.trace->times = result ? result->times : times();
    }
    if (easy_) {
        curl_easy_reset(easy_.get());  // It must not point to us any more.
        idle.push_back(std::move(easy_));
    }
    done_(std::move(result));
}

Result<ClientReply> CurlTransfer::outcome(CURLcode code) {
    if (too_large_) return failure("reply_too_large", "the reply is larger than we accept");
    if (not_taken_) return failure("reply_not_taken", "the reply could not be kept");
    // A host with several addresses fails for what happened at those that were let through.
    if (code != CURLE_OK && has_blocked_ && !has_opened_) return blocked();
    if (code != CURLE_OK) {
        const std::string_view detail(error_text_.data());
        return failure(reason_of(code), detail.empty() ? curl_easy_strerror(code) : detail);
    }
    // libcurl 7.88 calls it a success when the connection ends in the middle of the head.
    if (!head_is_whole_) return failure("connection_lost", "the reply broke off in its head");
    CURL* const easy = easy_.get();
    CurlLong status = 0;
    const char* address = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    reply_.status = static_cast<int>(status);
    reply_.remote_address = address == nullptr ? "" : address;
    reply_.times = times();
    return std::move(reply_);
}

}  // namespace tollgate::transport
