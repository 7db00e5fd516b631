#include "transport/curl_transfer.h"

#include <algorithm>
#include <utility>

#include "transport/http_text.h"
#include "transport/outgoing_url.h"

namespace tollgate::transport {
namespace {

constexpr std::size_t kReplyHeadBytesMax = std::size_t{64} * 1024;
constexpr std::size_t kUsualHeaders = 8;

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

using CurlLong = long;  // NOLINT(google-runtime-int): libcurl's own type for numbers.

}  // namespace

Result<Done> check_url(const ClientRequest& request) {
    TOLLGATE_DO(read_outgoing_url(request.url));
    return Done{};
}

Result<Done> check_fields(const ClientRequest& request) {
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

Result<Done> CurlTransfer::begin(ClientRequest request, HttpClient::Completion done,
                                 const CurlClient::Options& options) {
    now_ = {.request = std::move(request), .done = std::move(done)};
    error_text_.front() = '\0';
    if (!easy_ || !set_up(options)) return refused();
    return Done{};
}

Error CurlTransfer::refused() {
    // What it tells about an exchange would be the last one's.
    if (easy_) curl_easy_reset(easy_.get());
    shape_.reset();
    return Error(ErrorCode::unavailable, "libcurl could not take the request");
}

std::size_t CurlTransfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<CurlTransfer*>(self)->take_body(bytes, size * count) ? size * count : 0;
}

std::size_t CurlTransfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<CurlTransfer*>(self)->take_header({bytes, size * count}) ? size * count : 0;
}

// Answering less than libcurl brought makes it end the transfer.
bool CurlTransfer::take_body(const char* bytes, std::size_t size) {
    const std::size_t room = now_.request.reply_bytes_max - now_.body_bytes;
    now_.too_large = size > room && !now_.request.keep_only_start;
    if (now_.too_large) return false;
    const std::string_view kept(bytes, std::min(size, room));
    now_.body_bytes += kept.size();
    if (now_.request.body_sink) {
        now_.not_taken = !now_.request.body_sink(kept);
        return !now_.not_taken;
    }
    now_.reply.body.append(kept);
    return true;
}

bool CurlTransfer::take_header(std::string_view line) {
    now_.head_bytes += line.size();
    now_.too_large = now_.head_bytes > kReplyHeadBytesMax;
    if (now_.too_large) return false;
    // Each status line begins a head anew: an interim answer's fields are not the answer's.
    if (line.starts_with("HTTP/")) {
        now_.reply.headers.clear();
        now_.head_is_whole = false;
        return true;
    }
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) now_.head_is_whole = true;
    if (now_.reply.headers.empty()) now_.reply.headers.reserve(kUsualHeaders);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    now_.reply.headers.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
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
                 "the address " + now_.tried_address +
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
    if (!now_.tried_address.empty() || !easy_) return now_.tried_address;
    const char* address = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_PRIMARY_IP, &address);
    return address == nullptr ? "" : address;
}

HttpClient::Completion CurlTransfer::end(const Result<ClientReply>& result) {
    if (auto& trace = now_.request.trace) {
        trace->remote_address = result ? result->remote_address : last_address();
        trace->times = result ? result->times : times();
    }
    // After trouble libcurl's memory of it is not worth keeping.
    if (!result) shape_.reset();
    HttpClient::Completion done = std::move(now_.done);
    now_ = {};
    return done;
}

Result<ClientReply> CurlTransfer::outcome(CURLcode code) {
    if (now_.too_large) return failure("reply_too_large", "the reply is larger than we accept");
    if (now_.not_taken) return failure("reply_not_taken", "the reply could not be kept");
    // A host with several addresses fails for what happened at those that were let through.
    if (code != CURLE_OK && now_.has_blocked && !now_.has_opened) return blocked();
    if (code != CURLE_OK) {
        const std::string_view detail(error_text_.data());
        return failure(reason_of(code), detail.empty() ? curl_easy_strerror(code) : detail);
    }
    // libcurl 7.88 calls it a success when the connection ends in the middle of the head.
    if (!now_.head_is_whole) return failure("connection_lost", "the reply broke off in its head");
    CURL* const easy = easy_.get();
    CurlLong status = 0;
    const char* address = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    now_.reply.status = static_cast<int>(status);
    now_.reply.remote_address = address == nullptr ? "" : address;
    now_.reply.times = times();
    return std::move(now_.reply);
}

}  // namespace tollgate::transport
