#include "tunnel/inspector_door.h"

#include <algorithm>
#include <array>

#include "signing/digest.h"
#include "transport/http_text.h"

namespace tollgate::tunnel {
namespace {

// Without the port. An IPv6 literal keeps its brackets.
std::string_view name_of_host(std::string_view host) {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon == std::string_view::npos) return host;
    if (bracket != std::string_view::npos && colon < bracket) return host;
    return host.substr(0, colon);
}

bool is_ours(std::string_view host, const InspectorDoor& door) {
    constexpr std::array<std::string_view, 3> kLoopback = {"localhost", "127.0.0.1", "[::1]"};
    const std::string_view name = name_of_host(host);
    const auto same = [name](std::string_view known) { return transport::same_word(known, name); };
    return std::ranges::any_of(kLoopback, same) || std::ranges::any_of(door.hosts, same);
}

// The page's own origin, with TLS (of a proxy before us) or without.
bool is_own_origin(std::string_view origin, std::string_view host) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (origin.starts_with(scheme) &&
            transport::same_word(origin.substr(scheme.size()), host)) {
            return true;
        }
    }
    return false;
}

bool has_token(const transport::ServerRequest& request, const InspectorDoor& door) {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string_view given = request.header("Authorization").value_or("");
    if (!given.starts_with(kScheme)) return false;
    const std::string hash = signing::sha256_hex(given.substr(kScheme.size()));
    bool found = false;
    for (const std::string& known : door.token_sha256) {
        found = signing::equal_in_constant_time(hash, known) || found;
    }
    return found;
}

}  // namespace

std::optional<InspectorRefusal> refused_at_the_door(const transport::ServerRequest& request,
                                                    const InspectorDoor& door) {
    const auto host = request.header("Host");
    if (!host || !is_ours(*host, door)) {
        return InspectorRefusal{.code = "foreign_host",
                                .message =
                                    "the inspector answers to its own names alone: open it "
                                    "by the link that was printed at its start"};
    }
    const auto origin = request.header("Origin");
    if (origin && !is_own_origin(*origin, *host)) {
        return InspectorRefusal{.code = "foreign_origin",
                                .message = "another site's page has asked; it gets nothing"};
    }
    return std::nullopt;
}

std::optional<InspectorRefusal> refused_at_the_desk(const transport::ServerRequest& request,
                                                    const InspectorDoor& door) {
    if (auto refused = refused_at_the_door(request, door)) return refused;
    const std::string_view site = request.header("Sec-Fetch-Site").value_or("none");
    if (site != "none" && site != "same-origin") {
        return InspectorRefusal{.code = "foreign_origin",
                                .message = "another site's page has asked; it gets nothing"};
    }
    if (!has_token(request, door)) {
        return InspectorRefusal{.status = 401,
                                .code = "token_needed",
                                .message =
                                    "the inspector's token is needed: open it by the link "
                                    "that was printed at its start"};
    }
    return std::nullopt;
}

}  // namespace tollgate::tunnel
