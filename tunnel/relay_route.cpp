#include "tunnel/relay_route.h"

#include "base/check.h"
#include "transport/http_text.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {
namespace {

// What clients say to us, by the path behind a tunnel's prefix.
std::optional<RelayRoute::Kind> client_message(std::string_view target) {
    const auto path = transport::percent_decoded(target.substr(0, target.find('?')));
    if (path == "/x/exchange") return RelayRoute::Kind::exchange;
    if (path == "/x/hold") return RelayRoute::Kind::hold;
    return std::nullopt;
}

}  // namespace

RelayRoute route_of(const Doors& doors, std::string_view target,
                    const transport::HeaderList& headers) {
    auto place = doors.find(target, transport::find_header(headers, "Host").value_or(""));
    if (const auto message = client_message(place ? std::string_view(place->target) : target)) {
        const auto token = transport::find_header(headers, "Authorization").value_or("");
        const auto opened = doors.opened_by(token);
        if (opened || !place) return {.kind = *message, .opened = opened};
    }
    if (!place) return {};
    const auto kind = place->door ? RelayRoute::Kind::callback : RelayRoute::Kind::unknown_tunnel;
    return {.kind = kind, .place = *std::move(place)};
}

std::size_t body_bytes_max(const RelayRoute& route) {
    switch (route.kind) {
        case RelayRoute::Kind::callback: return kBodyBytesMax;
        case RelayRoute::Kind::exchange:
            return route.opened ? kMessageBytesMax : kStrangersBodyBytesMax;
        case RelayRoute::Kind::hold: return route.opened ? kHoldBytesMax : kStrangersBodyBytesMax;
        case RelayRoute::Kind::unknown_tunnel:
        case RelayRoute::Kind::other: return kStrangersBodyBytesMax;
    }
    TOLLGATE_CHECK(false);
}

}  // namespace tollgate::tunnel
