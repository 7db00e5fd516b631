#include "base/line_limit.h"

#include <utility>

namespace tollgate {

std::optional<std::int64_t> LineLimit::admit() {
    const std::lock_guard lock(mutex_);
    const auto now = clock_.monotonic();
    if (now - second_began_ >= std::chrono::seconds(1)) {
        second_began_ = now;
        lines_ = 0;
    }
    if (lines_ == kLinesPerSecondMax) {
        ++unsaid_;
        return std::nullopt;
    }
    ++lines_;
    return std::exchange(unsaid_, 0);
}

}  // namespace tollgate
