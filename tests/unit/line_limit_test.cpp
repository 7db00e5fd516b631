#include "base/line_limit.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate {
namespace {

TEST(LineLimit, LetsTenASecondThroughAndCountsTheOthers) {
    testing::HandClock clock;
    LineLimit limit(clock);
    for (int i = 0; i < LineLimit::kLinesPerSecondMax; ++i) EXPECT_EQ(limit.admit(), 0);
    EXPECT_EQ(limit.admit(), std::nullopt);
    clock.pass(std::chrono::milliseconds(999));
    EXPECT_EQ(limit.admit(), std::nullopt);
    clock.pass(std::chrono::milliseconds(1));
    EXPECT_EQ(limit.admit(), 2);
    EXPECT_EQ(limit.admit(), 0);
}

}  // namespace
}  // namespace tollgate
