#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "transport/http_message.h"
#include "tunnel/doors.h"

namespace tollgate::tunnel {

// What a request at the relay's door is.
struct RelayRoute {
    enum class Kind {
        callback,        // For the tunnel place.door.
        unknown_tunnel,  // For one that nobody has; place.prefix names it.
        exchange,        // A client's own …
        hold,            // … for the tunnel `opened`; nothing: its token opens none.
        other,           // For nobody's tunnel.
    };
    Kind kind = Kind::other;
    Doors::Place place = {};
    std::optional<std::size_t> opened = {};
};

// By the head alone, and the same before and after the body has come. Pure.
//
// A client may come by a tunnel's own name. Its token must not become a part of a callback, which
// is stored and shown; without a token that is one, the path is the tunnel's, as all others are.
RelayRoute route_of(const Doors& doors, std::string_view target,
                    const transport::HeaderList& headers);

// How large a body is read there: what a client with a token or a tunnel may need, and of a
// stranger no more than of a head. A tunnel's own limit is its Desk's to judge, which counts and
// says so.
std::size_t body_bytes_max(const RelayRoute& route);

inline constexpr std::size_t kStrangersBodyBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kHoldBytesMax = std::size_t{128} * 1024;  // kIdsMax ids and a mark.

}  // namespace tollgate::tunnel
