#include "base/token_bucket.h"

#include <algorithm>

#include "base/check.h"

namespace tollgate {

TokenBucket::TokenBucket(std::int64_t per_second, std::int64_t burst) {
    set_rate(per_second, burst);
}

void TokenBucket::set_rate(std::int64_t per_second, std::int64_t burst) {
    TOLLGATE_CHECK(per_second > 0 && burst > 0);
    cost_ = std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second;
    burst_ = cost_ * burst;
}

std::chrono::nanoseconds TokenBucket::next_at() const {
    return full_at_ + cost_ - burst_;
}

bool TokenBucket::take(std::chrono::nanoseconds now) {
    if (now < next_at()) return false;
    full_at_ = std::max(full_at_, now) + cost_;
    return true;
}

}  // namespace tollgate
