#pragma once

#include <string_view>

#include "config/tunnel_settings.h"
#include "transport/http_message.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {

// Why the provider gets no answer of the app's. X-Tunnel-Error names it to programs.
enum class NoAnswer {
    offline,         // 503: the laptop is away; kept.
    slow,            // 504: the laptop has it, or is too busy to take it.
    not_stored,      // 503: the relay's disk does not take it; not kept.
    full,            // 503: too much is kept already; not kept.
    stopping,        // 503: the relay stops; kept.
    too_large,       // 413
    too_many,        // 429
    unknown_tunnel,  // 503: a name that nobody has now may be there again in a minute.
};

// What the provider hears. Those that mean "kept" say so in the configured words when the tunnel
// accepts in its own name (`kept`: it is durable). Pure.
transport::ServerResponse answer_for(NoAnswer why, const config::TunnelDoor& door, bool kept);

// The app's own answer; or 502 or 504 with the reason, when there was none.
transport::ServerResponse answer_of(const AppAnswer& answer, const config::TunnelDoor& door,
                                    bool kept);

// Takes out what cannot stand in an answer's head: a name that is no token, a value with a control
// character. The front would not send an answer with one of those at all.
void drop_unsendable(transport::HeaderList& headers);

// Fields that concern one connection alone and are never passed on (RFC 9110, 7.6.1).
bool is_hop_by_hop(std::string_view header_name);

}  // namespace tollgate::tunnel
