#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/secret.h"
#include "tunnel/exchange.h"
#include "tunnel/local_request.h"

namespace tollgate::tunnel {

struct ClientSettings {
    std::string relay_url;  // "https://hook.example.com", with or without a tunnel's "/t/…".
    Secret token;
    LocalTarget target;
    std::size_t exchanges = 8;  // Polls at once; so many callbacks run at once, roughly.
    std::uint32_t drain_per_second = 10;
    bool hold = false;
    bool only_latest = false;
    std::chrono::milliseconds since{};  // 0: whatever was kept.
    std::string ca_file = {};           // Empty: the system's trust store.
    std::string pinned_key = {};        // "sha256//…": the only key that the relay may have.
};

struct ClientSeams {
    Clock& clock;
    Entropy& entropy;
    Random& random;
    Log& log;
    // A line for the person at the laptop. May be called from any thread.
    std::function<void(const std::string& line)> say;
};

struct ClientState {
    bool connected = false;
    std::string tunnel;      // Its name, once the relay has told it.
    std::uint64_t kept = 0;  // At the relay, waiting for us.
    std::uint64_t handed = 0;
    std::uint64_t answered = 0;     // By the app.
    std::uint64_t from_memory = 0;  // Handed out again, and not executed again.
    std::uint64_t no_app = 0;
};

// The laptop's side: fetches callbacks from the relay over plain HTTP exchanges and hands each to
// the app. Finds its way back by itself, at once after a sleep; gives up only when the relay
// refuses the token.
class Client {
public:
    // Errors: invalid_argument.
    static Result<std::unique_ptr<Client>> make(ClientSettings settings, ClientSeams seams);
    virtual ~Client() = default;

    // Works until stop() (Done), or until the relay refuses us for good (permission_denied). Owns
    // the app's thread and joins it. Call once.
    virtual Result<Done> run() = 0;
    // Safe from any thread, also before run().
    virtual void stop() = 0;

    // Begins, or stops, to keep back what was kept at the relay.
    virtual void set_hold(bool hold) = 0;

    virtual ClientState state() = 0;
    virtual ExchangeLog& log() = 0;
};

}  // namespace tollgate::tunnel
