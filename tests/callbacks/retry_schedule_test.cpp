#include "callbacks/retry_schedule.h"

#include <gtest/gtest.h>

#include "config/delivery_rules.h"

namespace tollgate::callbacks {
namespace {

TEST(RetrySchedule, LastsMoreThanADayByDefault) {
    SeededRandom random(1);
    const RetrySchedule schedule{.waits = config::DeliveryRules{}.waits};
    Timestamp now{0};
    int attempts = 0;
    while (const auto next = next_attempt_at(schedule, ++attempts, now, random)) {
        EXPECT_GT(*next, now);
        now = *next;
    }
    EXPECT_EQ(attempts, 10);
    EXPECT_GT(now.ms, std::chrono::milliseconds(std::chrono::hours(72)).count());
}

TEST(RetrySchedule, StretchesAWaitAndNeverShortensIt) {
    SeededRandom random(7);
    const RetrySchedule schedule{.waits = {std::chrono::seconds(100)}, .jitter_percent = 20};
    for (int i = 0; i < 1'000; ++i) {
        const auto next = next_attempt_at(schedule, 1, Timestamp{0}, random);
        EXPECT_GE(next->ms, 100'000);
        EXPECT_LE(next->ms, 120'000);
    }
}

TEST(RetrySchedule, EndsWhenItsWaitsAreSpent) {
    SeededRandom random(1);
    EXPECT_FALSE(next_attempt_at({.waits = {std::chrono::seconds(1)}}, 2, Timestamp{0}, random));
    EXPECT_FALSE(next_attempt_at({}, 1, Timestamp{0}, random));
}

}  // namespace
}  // namespace tollgate::callbacks
