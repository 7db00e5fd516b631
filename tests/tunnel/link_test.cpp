#include "tunnel/link.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class Reconnecting : public ::testing::Test {
protected:
    // How long the next try waits after a failure now, and lets that time pass.
    milliseconds fail() {
        static_cast<void>(link_.bad(now_, random_));
        const auto wait = link_.next() - now_;
        EXPECT_FALSE(link_.due(link_.next() - nanoseconds(1)));
        EXPECT_TRUE(link_.due(link_.next()));
        now_ = link_.next();
        return std::chrono::duration_cast<milliseconds>(wait);
    }

    Link link_;
    SeededRandom random_{1};
    nanoseconds now_ = std::chrono::hours(1);
};

TEST_F(Reconnecting, IsDueAtOnceAtFirst) {
    EXPECT_TRUE(link_.due(now_));
}

TEST_F(Reconnecting, WaitsLittleAtFirstAndNeverTwoSecondsInTheFirstMinute) {
    EXPECT_LE(fail(), milliseconds(240));
    EXPECT_LE(fail(), milliseconds(600));
    const nanoseconds begin = now_;
    while (now_ < begin + seconds(50)) EXPECT_LT(fail(), milliseconds(1'801));
}

TEST_F(Reconnecting, WaitsTwentySecondsInTheEnd) {
    for (int i = 0; i < 100; ++i) fail();
    const milliseconds wait = fail();
    EXPECT_GE(wait, milliseconds(16'000));
    EXPECT_LE(wait, milliseconds(24'000));
}

TEST_F(Reconnecting, ForgetsABadTimeAfterHalfAMinuteOfHealth) {
    for (int i = 0; i < 100; ++i) fail();
    EXPECT_TRUE(link_.good(now_));
    now_ += seconds(10);
    EXPECT_FALSE(link_.good(now_));
    EXPECT_GE(fail(), milliseconds(1'200)) << "ten seconds are no health";
    EXPECT_TRUE(link_.good(now_));
    now_ += seconds(31);
    EXPECT_LE(fail(), milliseconds(240));
}

TEST_F(Reconnecting, HurriesAfterASleep) {
    for (int i = 0; i < 100; ++i) fail();
    fail();
    link_.hurry(now_);
    EXPECT_TRUE(link_.due(now_));
    EXPECT_LE(fail(), milliseconds(240));
}

TEST(SleepWatch, TellsSleepFromATimeThatOnlyPassed) {
    SleepWatch watch;
    Moment now{.wall = {1'000'000}, .since = seconds(100)};
    EXPECT_FALSE(watch.has_slept(now));
    now = {.wall = now.wall + seconds(60), .since = now.since + seconds(60)};
    EXPECT_FALSE(watch.has_slept(now)) << "a slow machine does not sleep";
    now = {.wall = now.wall + seconds(61), .since = now.since + seconds(1)};
    EXPECT_TRUE(watch.has_slept(now));
    EXPECT_FALSE(watch.has_slept(now));
    now = {.wall = now.wall + seconds(-3'600), .since = now.since + seconds(1)};
    EXPECT_FALSE(watch.has_slept(now)) << "somebody set the clock back";
}

}  // namespace
}  // namespace tollgate::tunnel
