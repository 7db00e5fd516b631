#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace tollgate {

// At most so many lines a second, of one kind, about what strangers do: whoever floods us with
// nonsense must not flood the disk with it. Safe from several threads.
class LineLimit {
public:
    explicit LineLimit(Clock& clock) : clock_(clock) {}

    // Where one more may be written: how many were left out since the last one, for
    // `unsaid_before`. Nothing: leave it out; it is counted.
    std::optional<std::int64_t> admit();

    static constexpr int kLinesPerSecondMax = 10;

private:
    Clock& clock_;
    std::mutex mutex_;
    std::chrono::nanoseconds second_began_{};
    int lines_ = 0;
    std::int64_t unsaid_ = 0;  // Since the last line.
};

}  // namespace tollgate
