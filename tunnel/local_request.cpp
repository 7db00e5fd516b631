#include "tunnel/local_request.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "transport/http_text.h"
#include "tunnel/provider_answers.h"

namespace tollgate::tunnel {
namespace {

using transport::same_word;

constexpr std::chrono::milliseconds kLocalConnectTimeout{2'000};

// Host and port of an http(s) URL; empty when it is none.
std::string_view authority_of(std::string_view url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::string_view rest = url.substr(scheme + 3);
    return rest.substr(0, rest.find('/'));
}

bool is_authority(std::string_view text) {
    return !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               std::string_view("-._:[]").find(c) != std::string_view::npos;
    });
}

std::string host_for(const Callback& callback, const LocalTarget& target) {
    switch (target.host.kind) {
        case HostRule::Kind::automatic: break;
        case HostRule::Kind::keep: {
            const auto sent = transport::find_header(callback.headers, "Host");
            if (sent) return std::string(*sent);
            break;
        }
        case HostRule::Kind::fixed: return target.host.name;
    }
    return std::string(authority_of(target.url));
}

// Ours alone to say, or about a connection that ends here. The length stays where it stood: the
// body is the same.
bool is_left_out(std::string_view name) {
    return same_word(name, "Host") || same_word(name, "Expect") || is_hop_by_hop(name) ||
           same_word(name, "X-Tunnel-Event-Id") || same_word(name, "X-Tunnel-Attempt") ||
           same_word(name, "X-Tunnel-Age");
}

AppFailure failure_of(const Error& error) {
    if (error.code() == ErrorCode::unavailable) return AppFailure::down;
    return error.reason() == "timed_out" ? AppFailure::slow : AppFailure::broken;
}

}  // namespace

Result<HostRule> read_host_rule(std::string_view text) {
    if (text == "auto") return HostRule{};
    if (text == "keep") return HostRule{.kind = HostRule::Kind::keep};
    if (!is_authority(text)) {
        return Error(ErrorCode::invalid_argument,
                     "--host takes auto, keep, or a name such as pay.local");
    }
    return HostRule{.kind = HostRule::Kind::fixed, .name = std::string(text)};
}

Result<LocalTarget> read_target(std::string_view url) {
    const bool known = url.starts_with("http://") || url.starts_with("https://");
    const bool plain = url.find_first_of("?# @") == std::string_view::npos;
    if (!known || !plain || !is_authority(authority_of(url))) {
        return Error(ErrorCode::invalid_argument,
                     "--to takes an address such as http://127.0.0.1:8600");
    }
    while (url.ends_with('/')) url.remove_suffix(1);
    return LocalTarget{.url = std::string(url)};
}

transport::ClientRequest local_request(const HandOut& out, const LocalTarget& target) {
    const Callback& callback = out.callback;
    transport::ClientRequest request{.method = callback.method,
                                     .url = target.url + callback.target,
                                     .body = callback.body,
                                     .connect_timeout = kLocalConnectTimeout,
                                     .total_timeout = target.timeout,
                                     .reply_bytes_max = kBodyBytesMax,
                                     .fresh_connection = false,
                                     .exact_headers = true};
    auto& headers = request.headers;
    headers.emplace_back("Host", host_for(callback, target));
    std::ranges::copy_if(callback.headers, std::back_inserter(headers),
                         [](const auto& header) { return !is_left_out(header.first); });
    const auto host = transport::find_header(callback.headers, "Host").value_or("");
    headers.emplace_back("X-Forwarded-Host", host);
    headers.emplace_back("X-Forwarded-Proto", callback.scheme);
    headers.emplace_back("X-Forwarded-For", callback.remote_address);
    if (!callback.prefix.empty()) headers.emplace_back("X-Forwarded-Prefix", callback.prefix);
    headers.emplace_back("X-Tunnel-Event-Id", std::to_string(callback.id));
    headers.emplace_back("X-Tunnel-Attempt", std::to_string(out.attempt));
    headers.emplace_back("X-Tunnel-Age", std::to_string(out.age.count() / 1000));
    return request;
}

AppAnswer app_answer(const HandOut& out, Result<transport::ClientReply> reply) {
    AppAnswer answer{.id = out.callback.id, .attempt = out.attempt, .round = out.round};
    if (!reply) {
        answer.failure = failure_of(reply.error());
        answer.error = reply.error().message();
        return answer;
    }
    // Answers that no provider could be given: an upgrade, or a status of the app's own invention.
    if (reply->status < 200 || reply->status > 599) {
        answer.failure = AppFailure::broken;
        answer.error = "the app answered with status " + std::to_string(reply->status);
        return answer;
    }
    answer.status = reply->status;
    answer.headers = std::move(reply->headers);
    drop_unsendable(answer.headers);
    answer.body = std::move(reply->body);
    return answer;
}

}  // namespace tollgate::tunnel
