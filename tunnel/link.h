#pragma once

#include <chrono>
#include <optional>

#include "base/random.h"
#include "tunnel/event_queue.h"

namespace tollgate::tunnel {

// Whether the relay can be reached, and when to try again. Pure: time and dice are arguments.
//
// The waits: 0.2, 0.5, 1 and then 1.5 seconds for the first minute, so that a restarted relay has
// its laptop back within two; then 3, 6, 12, 20 s. Each is up to 20 % shorter or longer. It begins
// anew after half a minute of health.
class Link {
public:
    bool up() const { return up_; }
    // Whether a try is due. Down at first, and due at once.
    bool due(std::chrono::nanoseconds now) const { return !up_ && now >= next_; }
    std::chrono::nanoseconds next() const { return next_; }

    // True when it was down.
    bool good(std::chrono::nanoseconds now);
    // True when it was up.
    bool bad(std::chrono::nanoseconds now, Random& random);
    // Forgets all patience: the machine has slept, or somebody asked.
    void hurry(std::chrono::nanoseconds now);

private:
    bool up_ = false;
    int failures_ = 0;
    std::chrono::nanoseconds next_{};
    std::optional<std::chrono::nanoseconds> up_since_;
    std::optional<std::chrono::nanoseconds> down_since_;
};

// Tells from the two clocks that the machine has slept: the wall's went on, ours stood still.
class SleepWatch {
public:
    bool has_slept(Moment now);

    static constexpr std::chrono::milliseconds kJump{5'000};

private:
    std::optional<Moment> last_;
};

}  // namespace tollgate::tunnel
