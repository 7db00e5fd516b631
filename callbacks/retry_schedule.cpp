#include "callbacks/retry_schedule.h"

#include "base/check.h"

namespace tollgate::callbacks {

std::optional<Timestamp> next_attempt_at(const RetrySchedule& schedule, int attempts_made,
                                         Timestamp now, Random& random) {
    TOLLGATE_CHECK(attempts_made >= 1);
    TOLLGATE_CHECK(schedule.jitter_percent >= 0 && schedule.jitter_percent <= 100);
    const auto index = static_cast<std::size_t>(attempts_made) - 1;
    if (index >= schedule.waits.size()) return std::nullopt;
    const std::int64_t wait_ms = schedule.waits[index].count();
    const std::int64_t spread_ms = wait_ms * schedule.jitter_percent / 100;
    const std::uint64_t extra_ms = random.below(static_cast<std::uint64_t>(spread_ms) + 1);
    return now + std::chrono::milliseconds(wait_ms + static_cast<std::int64_t>(extra_ms));
}

}  // namespace tollgate::callbacks
