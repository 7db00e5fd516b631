// The delivery engine over weeks of trouble, on a clock moved by hand.
#include "callbacks/deliverer.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/callbacks/delivery_world.h"

namespace tollgate::callbacks {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::DeliveryWorld;
using testing::ScriptedNetwork;
using Request = transport::ClientRequest;

std::set<std::string> ids_sent(const DeliveryWorld& world, const std::string& url) {
    std::set<std::string> ids;
    for (const auto& sent : world.network.sent) {
        if (sent.request.url == url) ids.insert(sent.id());
    }
    return ids;
}

TEST(Deliverer, SendsAnEventAtOnceToEveryEndpointThatWantsIt) {
    DeliveryWorld world;
    world.add_endpoint("a");
    world.add_endpoint("b");
    world.add_endpoint("other", {}, {"another-app"});
    world.write_event();
    world.run_for(milliseconds(10));
    ASSERT_EQ(world.network.sent.size(), 2U);
    EXPECT_EQ(world.count_deliveries("delivered"), 2);
    EXPECT_EQ(world.count("SELECT count(*) FROM every_attempt WHERE outcome = 'delivered'"), 2);
    EXPECT_TRUE(world.deliverer->idle());
}

TEST(Deliverer, FollowsTheScheduleWithJitterUpwardsOnly) {
    DeliveryWorld world;
    world.add_endpoint("a", {.waits = {seconds(10), minutes(1), minutes(10)}});
    world.add_endpoint("well");  // Its breaker is another.
    world.network.far = [](const Request& request) {
        return ScriptedNetwork::status(request.url == "http://a/" ? 500 : 200);
    };
    world.write_event();
    world.run_for(hours(1));
    std::vector<Timestamp> at;
    for (const auto& sent : world.network.sent) {
        if (sent.request.url == "http://a/") at.push_back(sent.at);
    }
    ASSERT_EQ(at.size(), 4U);  // Four failures leave the breaker closed; the budget is spent.
    const std::vector<milliseconds> waits{seconds(10), minutes(1), minutes(10)};
    for (std::size_t i = 0; i < waits.size(); ++i) {
        EXPECT_GE(at[i + 1] - at[i], waits[i]);
        EXPECT_LE(at[i + 1] - at[i], waits[i] + waits[i] / 5 + milliseconds(50));
    }
    EXPECT_EQ(world.count_deliveries("spent"), 1);
    EXPECT_EQ(world.deliverer->counters().spent, 1U);
}

TEST(Deliverer, TakesRetryAfterAsAFloor) {
    DeliveryWorld world;
    world.add_endpoint("a");
    int asked = 0;
    world.network.far = [&](const Request&) {
        return ++asked == 1 ? ScriptedNetwork::with_headers(429, {{"Retry-After", "60"}})
                            : ScriptedNetwork::status(200);
    };
    world.write_event();
    world.run_for(seconds(59));
    EXPECT_EQ(asked, 1);  // The schedule alone would have tried again after five seconds.
    world.write_event();  // It asked us to slow down: that holds for what is new as well.
    world.run_for(milliseconds(500));
    EXPECT_EQ(asked, 1);
    world.run_for(seconds(15));
    EXPECT_EQ(world.count_deliveries("delivered"), 2);
}

TEST(Deliverer, GivesARefusedMessageAShortBudgetAndTheEndpointNoBlame) {
    DeliveryWorld world;
    world.add_endpoint("a");
    world.network.far = [](const Request&) { return ScriptedNetwork::status(422); };
    world.write_event();
    world.run_for(hours(4));
    EXPECT_EQ(world.count_deliveries("spent"), 1);
    EXPECT_EQ(world.network.sent.size(), 6U);
    EXPECT_FALSE(world.endpoint("a").health.open_until);
}

TEST(Deliverer, OpensTheBreakerAndBurnsNoBudgetWhileItIsOpen) {
    DeliveryWorld world;
    world.add_endpoint("a", {.waits = {seconds(1), seconds(1), seconds(1)}});
    world.network.far = [](const Request&) { return ScriptedNetwork::status(503); };
    for (int i = 0; i < 20; ++i) world.write_event();
    world.run_for(hours(48));
    // At most the attempts that opened it, then a probe after 30 s, a minute, … at most ten
    // minutes.
    EXPECT_LT(world.network.sent.size(), 330U);
    EXPECT_EQ(world.count_deliveries("spent"), 0);
    EXPECT_EQ(world.count_deliveries("pending"), 20);
    world.network.far = [](const Request&) { return ScriptedNetwork::status(200); };
    world.run_for(minutes(15));
    EXPECT_EQ(world.count_deliveries("delivered"), 20);
    EXPECT_FALSE(world.endpoint("a").health.failing_since);
}

TEST(Deliverer, HoldsThreeDaysForADeadOrderSystemAndComesBackWithoutAStampede) {
    DeliveryWorld world;
    world.add_endpoint("a", {.drain_per_second = 20});
    bool dead = true;
    world.network.far = [&](const Request&) {
        return dead ? ScriptedNetwork::Answer{.reply = Error(ErrorCode::unavailable, "refused")}
                    : ScriptedNetwork::status(200);
    };
    constexpr int kEvents = 72 * 4;
    for (int i = 0; i < kEvents; ++i) {
        world.write_event();
        world.run_for(minutes(15));
    }
    EXPECT_EQ(world.count_deliveries("spent"), 0);
    EXPECT_EQ(world.count_deliveries("pending"), kEvents);
    dead = false;
    world.run_for(minutes(12));  // The longest pause of the breaker; by then the drain has begun …
    while (world.count_deliveries("pending") == kEvents) world.run_for(seconds(1));
    const std::string fresh = world.write_event();
    const Timestamp written = world.ledger.clock.now();
    const std::size_t before = world.network.sent.size();
    world.run_for(minutes(10));
    EXPECT_EQ(world.count_deliveries("pending"), 0);
    EXPECT_EQ(world.count_deliveries("delivered"), kEvents + 1);
    std::map<std::int64_t, int> in_second;
    for (std::size_t i = before; i < world.network.sent.size(); ++i) {
        const auto& sent = world.network.sent[i];
        ++in_second[sent.at.ms / 1000];
        // What is new does not wait behind three days of backlog.
        if (sent.id() == fresh) {
            EXPECT_LT(sent.at - written, milliseconds(100));
        }
    }
    for (const auto& [second, sent] : in_second) EXPECT_LE(sent, 26) << second;
    EXPECT_EQ(ids_sent(world, "http://a/").size(), static_cast<std::size_t>(kEvents + 1));
}

TEST(Deliverer, AHangingEndpointCostsTheOthersNothing) {
    DeliveryWorld world({.in_flight_max = 64});
    world.add_endpoint("hangs");
    world.add_endpoint("well");
    world.network.far = [](const Request& request) {
        return request.url == "http://hangs/" ? ScriptedNetwork::hangs(request)
                                              : ScriptedNetwork::Answer{};
    };
    for (int i = 0; i < 200; ++i) world.write_event();
    world.run_for(milliseconds(500));
    EXPECT_EQ(ids_sent(world, "http://well/").size(), 200U);
    EXPECT_LE(world.network.most_in_flight["http://hangs/"], 2);
}

TEST(Deliverer, KeepsOneInFlightForEachPaymentWhereThatIsAskedFor) {
    DeliveryWorld world;
    world.add_endpoint("a", {.ordered = true});
    const auto one = world.ledger.added("T1");
    const auto two = world.ledger.added("T2");
    std::map<std::string, int> refused;
    world.network.far = [&](const Request& request) {
        // The first event of the first payment fails twice.
        const std::string id(*transport::find_header(request.headers, "webhook-id"));
        return ScriptedNetwork::status(id == "evt_1" && ++refused[id] <= 2 ? 500 : 200);
    };
    for (int i = 0; i < 3; ++i) {
        world.write_event(one.row);
        world.write_event(two.row);
    }
    world.run_for(hours(1));
    std::map<std::string, Timestamp> last;
    for (const auto& sent : world.network.sent) last[sent.id()] = sent.at;
    ASSERT_EQ(last.size(), 6U);
    EXPECT_LT(last["evt_1"], last["evt_3"]);
    EXPECT_LT(last["evt_3"], last["evt_5"]);
    // The other payment did not wait for the first one's trouble.
    EXPECT_LT(last["evt_6"], last["evt_1"]);
    EXPECT_EQ(world.count_deliveries("delivered"), 6);
}

// Failures of another kind are not counted among the refusals, of which there may be few.
TEST(Deliverer, OneRefusalAfterManyFailuresIsTheFirstOne) {
    DeliveryWorld world;
    world.add_endpoint("a", {.waits = std::vector<milliseconds>(20, minutes(1))});
    int tried = 0;
    world.network.far = [&](const Request& request) {
        if (*transport::find_header(request.headers, "webhook-id") != "evt_1") {
            return ScriptedNetwork::status(200);  // So that the breaker stays closed.
        }
        return ScriptedNetwork::status(++tried <= 7 ? 500 : tried == 8 ? 404 : 200);
    };
    for (int i = 0; i < 20; ++i) {
        world.write_event();
        world.run_for(seconds(40));
    }
    world.run_for(hours(1));
    EXPECT_EQ(tried, 9);
    EXPECT_EQ(world.count_deliveries("delivered"), 20);
}

// Some are claimed as they are promised, some wait in their line before that.
TEST(Deliverer, LetsNothingNewOvertakeWhatHasWaitedInTheFreshLane) {
    DeliveryWorld world({.in_flight_max = 4});
    world.add_endpoint("slow", {.in_flight_max = 1});
    world.add_endpoint("well");
    world.network.far = [](const Request& request) {
        return ScriptedNetwork::Answer{.after = request.url == "http://slow/" ? milliseconds(100)
                                                                              : milliseconds(1)};
    };
    for (int i = 0; i < 40; ++i) {
        world.write_event();
        if (i % 3 == 0) world.run_for(milliseconds(70));
    }
    world.run_for(seconds(10));
    for (const char* url : {"http://slow/", "http://well/"}) {
        int expected = 0;
        for (const auto& sent : world.network.sent) {
            if (sent.request.url != url) continue;
            EXPECT_EQ(sent.id(), "evt_" + std::to_string(++expected)) << url;
        }
        EXPECT_EQ(expected, 40) << url;
    }
    EXPECT_EQ(world.network.most_in_flight["http://slow/"], 1);
}

TEST(Deliverer, ParksAnEndpointThatIsGoneAndSaysSoToTheOthers) {
    DeliveryWorld world;
    world.add_endpoint("gone");
    world.add_endpoint("well");
    world.network.far = [](const Request& request) {
        return ScriptedNetwork::status(request.url == "http://gone/" ? 410 : 200);
    };
    world.write_event();
    world.run_for(seconds(1));
    EXPECT_EQ(world.endpoint("gone").status, ledger::EndpointStatus::parked);
    EXPECT_EQ(world.endpoint("gone").parked_reason, "gone");
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'endpoint.disabled'"), 1);
    EXPECT_EQ(ids_sent(world, "http://well/").size(), 2U);
    // Its events are kept, those that come later as well, and delivered once it is back.
    world.write_event();
    world.run_for(hours(1));
    EXPECT_EQ(ids_sent(world, "http://gone/").size(), 1U);
    world.network.far = [](const Request&) { return ScriptedNetwork::status(200); };
    auto gone = world.endpoint("gone");
    ASSERT_TRUE(world.ledger.run([&](ledger::Books& books) {
        auto copy = gone;
        return books.outbox().enable(copy, world.ledger.clock.now());
    }));
    world.deliverer->hint();
    world.run_for(seconds(1));
    EXPECT_EQ(world.count_deliveries("pending"), 0);
    EXPECT_EQ(ids_sent(world, "http://gone/").size(), 2U);
}

TEST(Deliverer, OnlySlowsTheLastEndpointOfAnApp) {
    DeliveryWorld world;
    world.add_endpoint("only");
    bool gone = true;
    world.network.far = [&](const Request&) { return ScriptedNetwork::status(gone ? 410 : 200); };
    world.write_event();
    world.run_for(hours(24));
    EXPECT_EQ(world.endpoint("only").status, ledger::EndpointStatus::enabled);
    EXPECT_LT(world.network.sent.size(), 150U);  // A probe every ten minutes.
    gone = false;
    world.run_for(minutes(15));
    EXPECT_EQ(world.count_deliveries("delivered"), 1);
}

TEST(Deliverer, OnlySlowsTheOneThatAloneGetsWhatItGets) {
    DeliveryWorld world;
    world.add_endpoint("orders", {}, {}, {"payment.*", "refund.*"});
    world.add_endpoint("bot", {}, {}, {"payment.*"});
    world.network.far = [](const Request& request) {
        return ScriptedNetwork::status(request.url == "http://orders/" ? 410 : 200);
    };
    world.write_event();
    world.run_for(hours(1));
    EXPECT_EQ(world.endpoint("orders").status, ledger::EndpointStatus::enabled);
    world.add_endpoint("copy", {}, {}, {"refund.*", "payment.*", "difference.opened"});
    world.run_for(minutes(15));
    EXPECT_EQ(world.endpoint("orders").status, ledger::EndpointStatus::parked);
}

// Else the writer has a round without a pause, for as long as the receiver asked to be left alone.
TEST(Deliverer, DoesNothingWhileAPauseIsLongerThanItsBreakers) {
    DeliveryWorld world;
    world.add_endpoint("a");
    world.network.far = [](const Request&) {
        return ScriptedNetwork::with_headers(503, {{"Retry-After", "600"}});
    };
    for (int i = 0; i < 8; ++i) world.write_event();
    int steps = 0;
    EXPECT_TRUE(world.run_for(hours(2), [&] { return ++steps < 30'000; }));
    EXPECT_LT(world.network.sent.size(), 40U);
}

TEST(Deliverer, LooksSeldomForAProbeWhenAllThatWaitsIsBehindSomethingElse) {
    DeliveryWorld world;
    const ledger::Payment payment = world.ledger.added("T1");
    // One that is tried again in five hours, and what comes after it; the breaker opens by others.
    world.add_endpoint("a", {.waits = {hours(5), hours(20)}, .ordered = true});
    bool down = true;
    world.network.far = [&](const Request&) { return ScriptedNetwork::status(down ? 500 : 200); };
    for (int i = 0; i < 5; ++i) {
        world.write_event(i == 0 ? std::optional(payment.row) : std::nullopt);
        world.run_for(seconds(1));
    }
    world.write_event(payment.row);
    int steps = 0;
    EXPECT_TRUE(world.run_for(minutes(10), [&] { return ++steps < 30'000; }));
    down = false;
    world.run_for(hours(7));
    EXPECT_EQ(world.count_deliveries("delivered"), 6);
}

TEST(Deliverer, SendsNothingMoreThatItHasInHandOnceToldToWait) {
    DeliveryWorld world;
    world.add_endpoint("a", {.in_flight_max = 4});
    world.network.far = [&](const Request&) {
        return world.network.sent.size() == 30
                   ? ScriptedNetwork::with_headers(429, {{"Retry-After", "60"}})
                   : ScriptedNetwork::Answer{};
    };
    for (int i = 0; i < 200; ++i) world.write_event();
    world.run_for(seconds(30));
    EXPECT_LE(world.network.sent.size(), 31U + 4U);
    world.run_for(hours(1));
    EXPECT_EQ(world.count_deliveries("delivered"), 200);
}

TEST(Deliverer, ParksAnEndpointThatHasFailedForDays) {
    DeliveryWorld world;
    world.add_endpoint("dead", {.park_after = hours(24)});
    world.add_endpoint("well");
    world.network.far = [](const Request& request) {
        return request.url == "http://dead/" ? ScriptedNetwork::hangs(request)
                                             : ScriptedNetwork::Answer{};
    };
    world.write_event();
    world.run_for(hours(23));
    EXPECT_EQ(world.endpoint("dead").status, ledger::EndpointStatus::enabled);
    world.run_for(hours(2));
    EXPECT_EQ(world.endpoint("dead").status, ledger::EndpointStatus::parked);
    EXPECT_EQ(world.endpoint("dead").parked_reason, "failing");
    EXPECT_EQ(world.count_deliveries("spent"), 0);
}

TEST(Deliverer, EndsAMessageThatItsReceiverWantsNoMore) {
    DeliveryWorld world;
    world.add_endpoint("a");
    world.network.far = [](const Request&) {
        return ScriptedNetwork::with_headers(500, {{"webhook-delivery", "abort-message"}});
    };
    world.write_event();
    world.run_for(hours(1));
    EXPECT_EQ(world.network.sent.size(), 1U);
    EXPECT_EQ(world.count_deliveries("cancelled"), 1);
}

TEST(Deliverer, GivesBackWhatItHasNotStartedWhenItDrains) {
    DeliveryWorld world;
    world.add_endpoint("a", {.in_flight_max = 4});
    world.network.far = [](const Request&) { return ScriptedNetwork::Answer{.after = seconds(1)}; };
    for (int i = 0; i < 50; ++i) world.write_event();
    world.run_for(milliseconds(3'500));
    world.deliverer->drain();
    world.settle();
    EXPECT_FALSE(world.deliverer->idle());
    world.run_for(seconds(2));
    EXPECT_TRUE(world.deliverer->idle());
    const auto delivered = world.count_deliveries("delivered");
    EXPECT_EQ(static_cast<std::size_t>(delivered), world.network.sent.size());
    EXPECT_EQ(world.count("SELECT count(*) FROM delivery WHERE status = 'pending'"
                          " AND (attempts > 0 OR lease_until_ms IS NOT NULL)"),
              0);
}

TEST(Deliverer, SendsNothingByTwoProcessesAtATime) {
    DeliveryWorld world;
    world.add_endpoint("a");
    world.network.far = [](const Request& request) { return ScriptedNetwork::hangs(request); };
    world.write_event();
    world.run_for(seconds(1));
    world.crash();  // The first process' attempt may still be on the wire for 15 s.
    const Timestamp crashed = world.ledger.clock.now();
    world.run_for(minutes(2));
    ASSERT_GE(world.network.sent.size(), 2U);
    EXPECT_GT(world.network.sent[1].at - crashed, seconds(15));
    EXPECT_EQ(world.count("SELECT count(*) FROM every_attempt WHERE outcome = 'interrupted'"), 1);
}

// Dies at the first touch of the world, at the second, … until a run comes through without dying.
TEST(Deliverer, LosesNothingWhereverItsProcessDies) {
    bool came_through = false;
    int step = 0;
    while (!came_through) {
        ASSERT_LT(++step, 200);
        DeliveryWorld world;
        const std::vector<milliseconds> waits(8, seconds(1));
        world.add_endpoint("a", {.waits = waits});
        world.add_endpoint("b", {.waits = waits, .ordered = true});
        int asked = 0;
        std::set<std::string> heard;
        world.network.far = [&](const Request& request) {
            const std::string id(*transport::find_header(request.headers, "webhook-id"));
            const bool good = ++asked % 3 != 0;
            if (good) heard.insert(request.url + id);
            return ScriptedNetwork::status(good ? 200 : 500);
        };
        const auto payment = world.ledger.added("T1");
        for (int i = 0; i < 4; ++i) world.write_event(payment.row);
        int touches = 0;
        // Waiting takes no touch, so that each one is another place to die in.
        std::size_t sent = 0;
        came_through = world.run_for(seconds(6), [&] {
            const bool quiet = world.network.sent.size() == sent &&
                               world.network.in_flight.empty() && world.deliverer->idle();
            sent = world.network.sent.size();
            return quiet || ++touches < step;
        });
        if (!came_through) world.crash();
        world.run_for(minutes(10));
        ASSERT_EQ(world.count_deliveries("delivered"), 8)
            << "died at touch " << step << ", spent " << world.count_deliveries("spent");
        EXPECT_EQ(heard.size(), 8U);
        EXPECT_EQ(world.count("SELECT last FROM publication"), 4);
    }
    EXPECT_GT(step, 20);
}

TEST(Deliverer, RecordsWhatEndedOnceTheDiskIsWellAgain) {
    DeliveryWorld world;
    world.add_endpoint("a");
    world.network.far = [&](const Request&) {
        world.ledger.disk.fail(testing::FaultyDisk::Fault::full);
        return ScriptedNetwork::Answer{};
    };
    world.write_event();
    world.run_for(seconds(3));
    EXPECT_EQ(world.count_deliveries("delivered"), 0);
    world.ledger.disk.heal();
    world.run_for(seconds(3));
    EXPECT_EQ(world.count_deliveries("delivered"), 1);
    EXPECT_EQ(world.network.sent.size(), 1U);
}

}  // namespace
}  // namespace tollgate::callbacks
