// What a gateway removes by itself because of its age.
#include <gtest/gtest.h>

#include "tests/gateway/gateway_world.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;

constexpr std::chrono::hours kDay{24};

TEST(Retention, RemovesWhatIsOldAndForgetsNoNotification) {
    GatewayWorld world;
    for (const char* number : {"T1", "T2", "T3"}) world.pay(number);
    world.events.wait_for(3);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 3);
    EXPECT_EQ(world.count("SELECT count(*) FROM notification_body"), 3);
    world.clock.pass(200 * kDay);
    world.wait_for_count("SELECT count(*) FROM notification_body", 0);
    EXPECT_EQ(world.api("GET", "/v1/events?after=0").json()["events"][0]["publication"], 1);
    world.clock.pass(210 * kDay);
    world.wait_for_count("SELECT last >= 2 FROM removed_events", 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE id <= 2"), 0);
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE event <= 2"), 0);
    // Who has seen the first has missed the second.
    const auto behind = world.api("GET", "/v1/events?after=1");
    EXPECT_EQ(behind.status, 410);
    EXPECT_EQ(behind.json()["code"], "events_removed");
    EXPECT_EQ(behind.json()["removed_to"], world.count("SELECT last FROM removed_events"));
    EXPECT_EQ(world.api("GET", "/v1/events?after=0").status, 200);
    // What it was about is known: it counts once, however late it comes again.
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(world.count("SELECT count(*) FROM notification"), 3);
}

TEST(Retention, KeepsForEverWhatItIsTold) {
    GatewayWorld world([](config::Settings& settings) {
        settings.retention = {.bodies_days = 0, .events_days = 31};
    });
    for (const char* number : {"T1", "T2"}) world.pay(number);
    world.events.wait_for(2);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 2);
    world.clock.pass(40 * kDay);
    world.wait_for_count("SELECT last >= 1 FROM removed_events", 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM notification_body"), 2);
}

}  // namespace
}  // namespace tollgate
