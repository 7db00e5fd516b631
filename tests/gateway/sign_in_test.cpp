#include "gateway/operate/sign_in.h"

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace tollgate::gateway::operate {
namespace {

void fail_often(Attempts& attempts, const std::string& name, const std::string& network) {
    for (int i = 0; i < Attempts::kForgiven; ++i) attempts.failed(name, network);
}

TEST(Network, IsAnAddressOrTheSixtyFourOfIPv6) {
    EXPECT_EQ(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::"));
    EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    EXPECT_NE(network_of("192.0.2.1"), network_of("192.0.2.2"));
    EXPECT_EQ(network_of("::ffff:192.0.2.1"), network_of("192.0.2.1"));
    EXPECT_EQ(network_of("no address"), "no address");
}

TEST(Attempts, OfOneNetworkLeaveTheOthersAlone) {
    testing::HandClock clock;
    Attempts attempts(clock);
    fail_often(attempts, "li", "192.0.2.1");
    EXPECT_TRUE(attempts.must_wait("li", "192.0.2.1"));
    EXPECT_FALSE(attempts.must_wait("li", "192.0.2.2"));
    EXPECT_FALSE(attempts.must_wait("wang", "192.0.2.1"));
}

TEST(Attempts, AreRememberedWhateverNamesSomebodyMakesUp) {
    testing::HandClock clock;
    Attempts attempts(clock);
    for (int i = 0; i < 12; ++i) attempts.failed("li", "192.0.2.1");
    for (std::size_t i = 0; i < Attempts::kKnownMax; ++i) {
        clock.pass(std::chrono::milliseconds(1));
        attempts.failed("made-up-" + std::to_string(i), "192.0.2.1");
        if (i == 5'000) attempts.failed("li", "192.0.2.1");
    }
    EXPECT_TRUE(attempts.must_wait("li", "192.0.2.1"));
}

TEST(PasswordPlaces, AreFewAndNobodyGetsThemAll) {
    PasswordPlaces places;
    std::vector<std::shared_ptr<void>> taken;
    for (std::size_t i = 0; i < PasswordPlaces::kOfNetworkMax; ++i) {
        taken.push_back(places.take("192.0.2.1"));
        ASSERT_TRUE(taken.back());
    }
    EXPECT_FALSE(places.take("192.0.2.1"));
    for (int i = 0; taken.size() < PasswordPlaces::kMax; ++i) {
        taken.push_back(places.take("198.51.100." + std::to_string(i)));
        ASSERT_TRUE(taken.back());
    }
    EXPECT_FALSE(places.take("203.0.113.1")) << "there is a bound for all of them";
    taken.erase(taken.begin());
    EXPECT_TRUE(places.take("192.0.2.1")) << "a place that was given back";
}

}  // namespace
}  // namespace tollgate::gateway::operate
