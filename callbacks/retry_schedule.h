#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/random.h"

namespace tollgate::callbacks {

// When to tell the order service again. Pure: what it decides depends on its arguments alone.
struct RetrySchedule {
    // waits[n] is the pause after the (n + 1)-th failed attempt; its size bounds the retries.
    std::vector<std::chrono::milliseconds> waits;
    // Each wait is stretched by up to this share, so that deliveries that failed together do not
    // all come back together. Never shortened: the wait is a promise to the receiver.
    int jitter_percent = 20;
};

// The time of the next attempt after `attempts_made`, or nothing once the budget is spent.
// Requires attempts_made >= 1.
std::optional<Timestamp> next_attempt_at(const RetrySchedule& schedule, int attempts_made,
                                         Timestamp now, Random& random);

}  // namespace tollgate::callbacks
