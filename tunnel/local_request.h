#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "transport/http_client.h"
#include "tunnel/wire.h"

namespace tollgate::tunnel {

// Which Host the app sees. It is set on each request anew: a kept connection changes nothing.
struct HostRule {
    enum class Kind {
        automatic,  // Host and port of the target.
        keep,       // As the provider wrote it.
        fixed,      // `name`: for a laptop's own virtual hosts.
    };
    Kind kind = Kind::automatic;
    std::string name = {};
};

// "auto", "keep", or a name such as "pay.local" or "pay.local:8080". Errors: invalid_argument.
Result<HostRule> read_host_rule(std::string_view text);

// The app on the laptop: the only address that a client ever sends a callback to.
struct LocalTarget {
    std::string url;  // "http://127.0.0.1:8600", perhaps with a path that goes before each target.
    HostRule host;
    std::chrono::milliseconds timeout{30'000};
};

// Errors: invalid_argument for anything but http(s)://host[:port][/path].
Result<LocalTarget> read_target(std::string_view url);

// The request that the app gets: method, target, body and headers as they came (order, repeats and
// empty values included), but for Host, the fields of the provider's own connection, and at the end
// X-Forwarded-Host, -Proto, -For and -Prefix, X-Tunnel-Event-Id, -Attempt and -Age (seconds). Pure.
transport::ClientRequest local_request(const HandOut& out, const LocalTarget& target);

// What came of it.
AppAnswer app_answer(const HandOut& out, Result<transport::ClientReply> reply);

}  // namespace tollgate::tunnel
