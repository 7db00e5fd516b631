#include "tunnel/provider_answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "transport/http_text.h"

namespace tollgate::tunnel {
namespace {

constexpr std::array<std::string_view, 9> kHopByHop = {"Connection",
                                                       "Keep-Alive",
                                                       "Proxy-Connection",
                                                       "Proxy-Authenticate",
                                                       "Proxy-Authorization",
                                                       "TE",
                                                       "Trailer",
                                                       "Transfer-Encoding",
                                                       "Upgrade"};

struct Words {
    int status;
    std::string_view name;
    std::string_view text;
    bool kept;
};

Words words_of(NoAnswer why) {
    switch (why) {
        case NoAnswer::offline: return {503, "offline", "the laptop is not connected", true};
        case NoAnswer::slow: return {504, "app_slow", "the app did not answer in time", true};
        case NoAnswer::not_stored:
            return {503, "not_stored", "the relay could not store the request", false};
        case NoAnswer::full: return {503, "full", "too much is kept for this tunnel", false};
        case NoAnswer::stopping: return {503, "stopping", "the relay is stopping", true};
        case NoAnswer::too_large: return {413, "too_large", "the body is too large", false};
        case NoAnswer::too_many: return {429, "too_many", "too many requests", false};
        case NoAnswer::unknown_tunnel:
            return {503, "unknown_tunnel", "there is no such tunnel here now", false};
    }
    TOLLGATE_CHECK(false);
}

transport::ServerResponse plain(int status, std::string_view name, std::string text) {
    return {.status = status,
            .content_type = "text/plain; charset=utf-8",
            .body = "tunnel: " + std::move(text) + "\n",
            .headers = {{"X-Tunnel-Error", std::string(name)}, {"Cache-Control", "no-store"}}};
}

transport::ServerResponse accepted(const config::TunnelFallback& fallback) {
    return {.status = static_cast<int>(fallback.status),
            .content_type = fallback.content_type,
            .body = fallback.body,
            .headers = {{"X-Tunnel-Accepted", "kept"}}};
}

}  // namespace

transport::ServerResponse answer_for(NoAnswer why, const config::TunnelDoor& door, bool kept) {
    const Words words = words_of(why);
    if (words.kept && kept && door.fallback.accept) return accepted(door.fallback);
    std::string text(words.text);
    if (words.kept && kept) text += "; the request is kept and will be handed on";
    auto response = plain(words.status, words.name, std::move(text));
    if (words.status != 503 && words.status != 429) return response;
    const std::int64_t wait = words.status == 429 ? 1 : door.retry_after_seconds;
    response.headers.emplace_back("Retry-After", std::to_string(wait));
    return response;
}

transport::ServerResponse answer_of(const AppAnswer& answer, const config::TunnelDoor& door,
                                    bool kept) {
    if (answer.failure != AppFailure::none) {
        if (kept && door.fallback.accept) return accepted(door.fallback);
        const int status = answer.failure == AppFailure::slow ? 504 : 502;
        return plain(status, name_of(answer.failure), answer.error);
    }
    transport::ServerResponse response{.status = answer.status, .body = answer.body};
    std::ranges::copy_if(answer.headers, std::back_inserter(response.headers),
                         [](const auto& header) { return !is_hop_by_hop(header.first); });
    return response;
}

void drop_unsendable(transport::HeaderList& headers) {
    std::erase_if(headers, [](const auto& header) {
        return !transport::is_token(header.first) || !transport::is_field_value(header.second);
    });
}

bool is_hop_by_hop(std::string_view header_name) {
    return std::ranges::any_of(kHopByHop, [header_name](std::string_view own) {
        return transport::same_word(own, header_name);
    });
}

}  // namespace tollgate::tunnel
