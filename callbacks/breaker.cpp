#include "callbacks/breaker.h"

#include <algorithm>

namespace tollgate::callbacks {

using std::chrono::milliseconds;

Breaker::Minute& Breaker::minute_of(Timestamp now) {
    const std::int64_t number = now.ms / 60'000;
    Minute& minute = minutes_[static_cast<std::size_t>(number) % minutes_.size()];
    if (minute.number != number) minute = {.number = number};
    return minute;
}

bool Breaker::succeeded(Timestamp now) {
    ++minute_of(now).attempts;
    in_a_row_ = 0;
    const bool was_open = is_open();
    if (was_open) minutes_ = {};  // What came before the outage ended says nothing about now.
    health_ = {};
    return was_open;
}

void Breaker::failed(Timestamp now, Random& random) {
    Minute& minute = minute_of(now);
    ++minute.attempts;
    ++minute.failures;
    ++in_a_row_;
    if (!health_.failing_since) health_.failing_since = now;
    if (is_open()) {
        // A probe failed; or what had been under way when it opened, which says nothing new.
        if (may_probe(now)) open(now, random);
        return;
    }
    if (too_many_failures(now)) open(now, random);
}

bool Breaker::too_many_failures(Timestamp now) {
    if (in_a_row_ >= rules_.failures_in_a_row) return true;
    const std::int64_t oldest = now.ms / 60'000 - rules_.window.count();
    int attempts = 0;
    int failures = 0;
    for (const Minute& minute : minutes_) {
        if (minute.number <= oldest) continue;
        attempts += minute.attempts;
        failures += minute.failures;
    }
    return attempts >= rules_.sample_min && failures * 100 >= rules_.failed_percent * attempts;
}

void Breaker::open(Timestamp now, Random& random) {
    const std::int64_t doublings = std::min<std::int64_t>(health_.openings, 20);
    const std::int64_t pause_ms =
        std::min(rules_.first_pause.count() << doublings, rules_.pause_max.count());
    const auto extra_ms = random.below(static_cast<std::uint64_t>(pause_ms / 5) + 1);
    health_.open_until = now + milliseconds(pause_ms + static_cast<std::int64_t>(extra_ms));
    ++health_.openings;
}

void Breaker::open_wide(Timestamp now) {
    if (!health_.failing_since) health_.failing_since = now;
    health_.open_until = now + rules_.pause_max;
    ++health_.openings;
}

}  // namespace tollgate::callbacks
