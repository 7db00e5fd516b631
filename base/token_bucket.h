#pragma once

#include <chrono>
#include <cstdint>

namespace tollgate {

// At most `per_second` on average, and `burst` at once. Pure: the time is an argument. Counts in
// nanoseconds of credit, so that nothing is lost to rounding.
class TokenBucket {
public:
    // Both at least 1. Full at first.
    TokenBucket(std::int64_t per_second, std::int64_t burst);

    // True, and one token less, when there is one.
    bool take(std::chrono::nanoseconds now);
    // When the next token is there; `now` or before: there is one already.
    std::chrono::nanoseconds next_at() const;
    // Keeps what has been saved up, within the new burst.
    void set_rate(std::int64_t per_second, std::int64_t burst);

private:
    std::chrono::nanoseconds cost_{};     // Of one token.
    std::chrono::nanoseconds burst_{};    // Of all that may be saved.
    std::chrono::nanoseconds full_at_{};  // When the bucket is (or was) full again.
};

}  // namespace tollgate
