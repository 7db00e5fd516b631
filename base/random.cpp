#include "base/random.h"

#include "base/check.h"

namespace tollgate {

std::uint64_t SeededRandom::below(std::uint64_t bound) {
    TOLLGATE_CHECK(bound > 0);
    const std::lock_guard lock(mutex_);
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    // The bias of the remainder is below bound / 2^64: nothing that a retry could notice.
    return (z ^ (z >> 31U)) % bound;
}

}  // namespace tollgate
