#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "transport/http_message.h"

namespace tollgate::tunnel {

// One request from outside, exactly as it came: what is stored, carried to the laptop and shown.
// `id` never repeats, not even over restarts, and fits into 53 bits, so that JSON can carry it.
struct Callback {
    std::uint64_t id = 0;
    Timestamp received_at;            // Of the newest sending.
    std::string method;               // As sent.
    std::string target;               // Raw path and query behind the tunnel's own prefix.
    transport::HeaderList headers;    // In order, repeats and empty values included; Host too.
    std::string body;                 // As sent; chunks are joined, a packed body stays packed.
    std::string remote_address = {};  // Of whoever sent it.
    std::string scheme = "http";      // What it came over.
    std::string prefix = {};          // "/t/alice" when the path chose the tunnel; else empty.
};

// One try to hand a callback to the app, and what came of it.
struct Attempt {
    int number = 1;  // From 1; counts over re-sends as well.
    Timestamp began_at;
    std::chrono::milliseconds duration{};
    int status = 0;     // The app's answer; 0: there was none, and error says why.
    std::string error;  // "app_down: connection refused", …; empty with an answer.
    transport::HeaderList headers;
    std::string body_start;      // Of the answer; kAnswerStartBytesMax at most.
    std::size_t body_bytes = 0;  // Of the whole answer.
};

inline constexpr std::size_t kAnswerStartBytesMax = std::size_t{16} * 1024;
inline constexpr std::size_t kAttemptsShownMax = 50;
inline constexpr std::size_t kEarlierMax = 8;

enum class ExchangeState {
    waiting,   // Kept, or on its way to the app.
    answered,  // The app has answered, whatever it said.
    dropped,   // Nobody will be handed it any more: expired, or passed over at the client's wish.
};

std::string_view name_of(ExchangeState state);
std::optional<ExchangeState> exchange_state_from(std::string_view name);

// What came in and what became of it: one line, or the whole page, of an inspector.
struct Exchange {
    Callback callback;
    std::string tunnel;  // Empty on the laptop, which has but one.
    Timestamp first_received_at;
    int sendings = 1;  // How often the provider has sent it; the callback is the newest.
    ExchangeState state = ExchangeState::waiting;
    std::vector<Attempt> attempts;  // Oldest first; the newest kAttemptsShownMax at most.
    // The bytes of earlier sendings, oldest first, as far as they are remembered: on the laptop the
    // newest kEarlierMax, on the relay none, whose store keeps the newest sending alone.
    std::vector<Callback> earlier;
    std::optional<std::uint64_t>
        replay_of;  // The exchange that somebody sent again, edited or not.
};

// Which exchanges to list; whatever is left out does not matter.
struct ExchangeFilter {
    std::string text;  // Occurs, letter by letter, in the target, a header or the body.
    std::string text_encoded = {};  // Or this, the same as a form spells it; empty: no other way.
    std::optional<ExchangeState> state;
    std::optional<int> status;  // Of the last answer.
    std::optional<Timestamp> since;
    std::string tunnel;
};

// An exchange sent once more, as it was or edited.
struct Replay {
    std::uint64_t of = 0;
    std::optional<std::string> host;  // Another Host for the app to see.
    std::optional<std::string> target;
    std::optional<std::string> body;
};

// Every exchange that is still remembered: on the relay from its store, on the laptop from a
// bounded memory. All may be called from any thread.
class ExchangeLog {
public:
    virtual ~ExchangeLog() = default;

    // Grows with every change, so that a page knows whether to ask again.
    virtual std::uint64_t version() const = 0;

    // Newest first, those with an id below `before` (0: from the newest), at most `limit`. Bodies
    // come along: pages that list need their beginnings. Errors: unavailable.
    virtual Result<std::vector<Exchange>> list(std::uint64_t before, const ExchangeFilter& filter,
                                               std::size_t limit) = 0;

    // Errors: not_found, also for one that has been forgotten; unavailable.
    virtual Result<Exchange> find(std::uint64_t id) = 0;

    // Sends it to the app once more, as an exchange of its own, and returns at once; gives the new
    // one's id. Errors: not_found; unavailable (no room, or shutting down); invalid_argument for an
    // edit that cannot be sent.
    virtual Result<std::uint64_t> replay(const Replay& replay) = 0;
};

}  // namespace tollgate::tunnel
