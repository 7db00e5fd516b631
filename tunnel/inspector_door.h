#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transport/http_message.h"

namespace tollgate::tunnel {

// Who may look into an inspector. Its port is open to every web site that the developer visits and
// to every program of the machine, so three things are asked of a request: that it was addressed to
// a name of ours (a foreign name that leads to loopback is an attack), that no other site's page
// made it, and that it brings the token. The token comes as "Authorization: Bearer …" alone: never
// by a cookie, which browsers would send along by themselves and to every port of this machine.
struct InspectorDoor {
    std::vector<std::string> hosts;         // Besides localhost, 127.0.0.1 and [::1]; no ports.
    std::vector<std::string> token_sha256;  // Lower-case hex.
};

struct InspectorRefusal {
    int status = 403;
    std::string_view code;
    std::string_view message;
};

// Why the request gets nothing at all, not even the page; nothing when it may go on. Pure.
std::optional<InspectorRefusal> refused_at_the_door(const transport::ServerRequest& request,
                                                    const InspectorDoor& door);

// The same for what the page asks for and /metrics: also needs the token, and no other site's
// hand in it.
std::optional<InspectorRefusal> refused_at_the_desk(const transport::ServerRequest& request,
                                                    const InspectorDoor& door);

}  // namespace tollgate::tunnel
