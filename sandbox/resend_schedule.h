#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tollgate::sandbox {

// When a notification that was not answered with success goes out again (protocol notes 4.8).
struct ResendSchedule {
    std::int64_t time_scale = 1;    // How many times faster than at Alipay.
    bool immediate_resends = true;  // Three at once, before the long waits.

    // The wait after the attempt with this number (1 is the first send); nothing after the last.
    std::optional<std::chrono::milliseconds> wait_after(int attempts_made) const;
};

}  // namespace tollgate::sandbox
