#pragma once

#include <array>
#include <cstdint>

namespace tollgate::gateway {

// Classes of how long an errand to Alipay takes, in milliseconds.
inline constexpr std::array<std::int64_t, 12> kSweepBounds = {
    10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 30'000, 120'000};

}  // namespace tollgate::gateway
