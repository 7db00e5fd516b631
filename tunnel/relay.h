#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "config/tunnel_settings.h"
#include "tunnel/desk.h"
#include "tunnel/exchange.h"

namespace tollgate::tunnel {

struct RelaySeams {
    Clock& clock;
    Entropy& entropy;
    Log& log;
    // A COMMIT is in doubt: the process must stop, and recovery at the next start decides.
    std::function<void(std::string_view reason)> on_fatal;
};

// The public side of the tunnels: takes callbacks from outside, keeps them, and hands them to the
// laptops that poll for them (docs/tunnel.md).
//
//   ANY  /t/{tunnel}/…   a callback; also any path of a tunnel's own host
//   POST /x/exchange     a client brings answers and waits for callbacks; by any name
//   POST /x/hold         a client says which callbacks it has in hand; by any name
//   GET  /healthz        200, or 503 while the store cannot be written
//
// Beside it, where the settings say so, an Inspector with /metrics on a listener of its own.
class Relay {
public:
    // Opens the store and the listeners. Errors: unavailable for an address or a file that is
    // taken, invalid_argument for a certificate or a key that cannot be used.
    static Result<std::unique_ptr<Relay>> open(config::TunnelSettings settings, RelaySeams seams);
    virtual ~Relay() = default;

    // Works until stop(): owns the workers, the writer's, the checkpointer's and the timer's
    // thread, and joins them before it returns. Call once.
    virtual void run() = 0;
    // Makes run() return soon: whoever waits is told 503. Safe from any thread, also before run().
    virtual void stop() = 0;

    // The port that the listener really has.
    virtual int port() const = 0;
    // The inspector's; 0 without one.
    virtual int inspector_port() const = 0;

    // For an inspector, of all tunnels or (by the filter) of one.
    virtual ExchangeLog& log() = 0;

    struct TunnelState {
        std::string name;
        TunnelCounters counters;
    };
    virtual std::vector<TunnelState> states() = 0;
};

}  // namespace tollgate::tunnel
