#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "config/json_reader.h"
#include "tunnel/exchange.h"
#include "tunnel/inspector_door.h"
#include "tunnel/local_request.h"
#include "tunnel/verdict.h"

namespace tollgate::tunnel {

struct InspectorSettings {
    config::ListenAddress listen{.address = "127.0.0.1", .port = 4040};
    InspectorDoor door;
    std::vector<NamedKey> alipay_keys;
    // Where a copied curl command goes: to the app, as the client sends it; nothing (on the
    // relay): to the public address, as the provider did.
    std::optional<LocalTarget> target = {};
};

struct InspectorSeams {
    Clock& clock;
    Entropy& entropy;
    Log& log;  // Also holds the record of who replayed what.
    ExchangeLog& exchanges;
    std::function<std::string()> metrics;                   // Prometheus' text.
    std::function<void(const std::string& line)> say = {};  // For the person at the laptop.
};

// A page to look at what came through the tunnel, with Alipay's verdict beside it (docs/tunnel.md).
//
//   GET  /                                the page; its files beside it
//   GET  /api/exchanges?…                 the newest that match; nothing new costs a few bytes
//   GET  /api/exchanges/{id}              everything about one;  …/body: its exact bytes
//   POST /api/exchanges/{id}/replay       once more, as it was or edited
//   GET  /api/compare?left=…&right=…      line by line; "ID", "ID.s1" (an earlier sending),
//                                         "ID.a2" (the answer to an attempt)
//   GET  /metrics
//
// All but the page itself needs the token (inspector_door.h). Works on a thread of its own, so that
// looking costs the callbacks nothing.
class Inspector {
public:
    // Errors: unavailable when the address is taken; invalid_argument for one that is not this
    // machine's loopback.
    static Result<std::unique_ptr<Inspector>> open(InspectorSettings settings,
                                                   InspectorSeams seams);
    virtual ~Inspector() = default;

    // Works until stop(). Call once, from a thread of its own.
    virtual void run() = 0;
    // Safe from any thread, also before run().
    virtual void stop() = 0;
    virtual int port() const = 0;
};

}  // namespace tollgate::tunnel
