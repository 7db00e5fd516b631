#include "callbacks/breaker.h"

#include <gtest/gtest.h>

#include "callbacks/fair_share.h"

namespace tollgate::callbacks {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class BreakerTest : public ::testing::Test {
protected:
    void fail(int times) {
        for (int i = 0; i < times; ++i) breaker_.failed(now_, random_);
    }

    Timestamp now_{1'000'000'000};
    SeededRandom random_{3};
    Breaker breaker_{BreakerRules{}, {}};
};

TEST_F(BreakerTest, OpensAfterFiveFailuresInARow) {
    fail(4);
    EXPECT_FALSE(breaker_.is_open());
    fail(1);
    EXPECT_TRUE(breaker_.is_open());
    EXPECT_EQ(breaker_.health().failing_since, now_);
    EXPECT_FALSE(breaker_.may_probe(now_ + seconds(29)));
    EXPECT_TRUE(breaker_.may_probe(now_ + seconds(36)));
}

TEST_F(BreakerTest, OpensWhenSevenOfTenFailWithinFiveMinutes) {
    for (int i = 0; i < 3; ++i) {
        fail(2);
        breaker_.succeeded(now_);
        now_ = now_ + minutes(1);
    }
    EXPECT_FALSE(breaker_.is_open());  // Six of nine.
    fail(1);
    EXPECT_TRUE(breaker_.is_open());  // Seven of ten.
}

TEST_F(BreakerTest, ForgetsWhatIsOlderThanItsWindow) {
    for (int i = 0; i < 3; ++i) {
        fail(2);
        breaker_.succeeded(now_);
    }
    now_ = now_ + minutes(5);
    fail(4);
    EXPECT_FALSE(breaker_.is_open());
}

TEST_F(BreakerTest, WaitsTwiceAsLongAfterEachProbeThatFailsUpToTenMinutes) {
    fail(5);
    milliseconds last{0};
    for (int i = 0; i < 12; ++i) {
        const milliseconds pause = *breaker_.health().open_until - now_;
        EXPECT_GE(pause, std::min<milliseconds>(seconds(30) * (1 << std::min(i, 8)), minutes(10)));
        EXPECT_LE(pause, minutes(12));
        last = pause;
        now_ = *breaker_.health().open_until;
        fail(1);
    }
    EXPECT_GE(last, minutes(10));
}

TEST_F(BreakerTest, WhatWasUnderWayWhenItOpenedSaysNothingNew) {
    fail(5);
    const auto until = breaker_.health().open_until;
    fail(10);
    EXPECT_EQ(breaker_.health().open_until, until);
    EXPECT_EQ(breaker_.health().openings, 1);
}

TEST_F(BreakerTest, ClosesWithTheFirstSuccessAndStartsAfresh) {
    fail(5);
    now_ = *breaker_.health().open_until;
    EXPECT_TRUE(breaker_.succeeded(now_));
    EXPECT_FALSE(breaker_.is_open());
    EXPECT_FALSE(breaker_.health().failing_since);
    fail(4);
    EXPECT_FALSE(breaker_.is_open());
}

TEST(FairShare, GivesEveryoneWhatHeWantsWhenThereIsEnough) {
    EXPECT_EQ(share_out(10, std::vector{1, 2, 3}, 0), (std::vector{1, 2, 3}));
}

TEST(FairShare, LetsTheModestOnesHaveAllAndTheOthersShareTheRest) {
    EXPECT_EQ(share_out(10, std::vector{100, 1, 100, 2}, 0), (std::vector{4, 1, 3, 2}));
    EXPECT_EQ(share_out(10, std::vector{100, 1, 100, 2}, 2), (std::vector{3, 1, 4, 2}));
}

TEST(FairShare, NeverGivesMoreThanThereIs) {
    EXPECT_EQ(share_out(0, std::vector{1, 2}, 0), (std::vector{0, 0}));
    EXPECT_EQ(share_out(1, std::vector{5, 5, 5}, 1), (std::vector{0, 1, 0}));
    EXPECT_TRUE(share_out(5, std::vector<int>{}, 3).empty());
}

}  // namespace
}  // namespace tollgate::callbacks
