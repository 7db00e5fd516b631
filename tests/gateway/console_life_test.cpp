// The console: one payment's life, and what may be done with it now.
#include <gtest/gtest.h>

#include <set>

#include "base/sqlite.h"
#include "gateway/operate/timeline.h"
#include "tests/gateway/console_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::ConsoleWorld;
using testing::GatewayWorld;

// And waits until the order system has heard of it, as of the payment before.
void refund_a_yuan(ConsoleWorld& world, const std::string& id) {
    ASSERT_EQ(world
                  .act("POST", "/v1/payments/" + id + "/refunds",
                       json{{"out_request_no", "R1"}, {"amount", 100}}.dump())
                  .status,
              201);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 2);
}

TEST(ConsoleLife, TellsAPaymentsWholeLife) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.clock.pass(seconds(1));
    world.little.pay("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    world.events.wait_for(1);
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
    world.clock.pass(seconds(1));
    world.sign_in("the-operator");
    refund_a_yuan(world, id);
    const auto life = world.get("/payments/" + id + "/timeline").json();
    EXPECT_EQ(life["payment"]["id"], id);
    std::set<std::string> seen;
    std::string last;
    for (const auto& entry : life["entries"]) {
        seen.insert(entry["kind"].get<std::string>() + " " + entry["title"].get<std::string>());
        EXPECT_LE(last, entry["at"].get<std::string>());
        last = entry["at"];
        EXPECT_TRUE(entry["data"].is_object());
    }
    for (const char* wanted : {"created pending", "transition paid", "notification accepted",
                               "event payment.paid", "attempt delivered", "refund succeeded",
                               "event refund.succeeded", "action payments.refunds"}) {
        EXPECT_TRUE(seen.contains(wanted)) << wanted << " in " << life.dump(1);
    }
    EXPECT_EQ(life["refundable"], 900);
    EXPECT_EQ(life["actions"], (json{"refresh", "refund", "redeliver"}));
    world.sign_in("the-viewer");
    EXPECT_EQ(world.get("/payments/" + id + "/timeline").json()["actions"], json{"refresh"});
    EXPECT_EQ(world.get("/payments/pay_nothing/timeline").status, 404);
}

TEST(ConsoleLife, OffersWhatAPaymentsStateAllows) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.little.open("T1");
    world.sign_in("the-operator");
    const auto actions = [&] {
        return world.get("/payments/" + id + "/timeline").json()["actions"];
    };
    EXPECT_EQ(actions(), (json{"refresh", "close"}));
    EXPECT_EQ(world.act("POST", "/v1/payments/" + id + "/close").status, 200);
    EXPECT_EQ(actions(), json{"redeliver"});
}

// As if the order system had refused the event for weeks.
void add_attempts(ConsoleWorld& world, int count, Timestamp from) {
    auto db = Database::open(world.ledger_file(), Database::Mode::read_write);
    ASSERT_TRUE(db) << db.error().message();
    const std::string sql =
        "INSERT INTO attempt (delivery, number, generation, started_ms, finished_ms, outcome,"
        " http_status, address, detail)"
        " WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n LIMIT " +
        std::to_string(count) + ") SELECT (SELECT min(id) FROM delivery), n, 2, " +
        std::to_string(from.ms) + " + n, " + std::to_string(from.ms) +
        " + n, 'http_error', 500, '', '' FROM n";
    ASSERT_TRUE(db->run(sql.c_str()));
}

// Its money is told before how often it was told of.
TEST(ConsoleLife, KeepsTheNewestOfALongOne) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    world.little.pay("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
    add_attempts(world, 1'500, world.clock.now());
    world.clock.pass(std::chrono::hours(1));
    world.sign_in("the-operator");
    refund_a_yuan(world, id);
    const auto life = world.get("/payments/" + id + "/timeline").json();
    EXPECT_EQ(life["cut"], true);
    EXPECT_EQ(life["entries"].size(), gateway::operate::Timeline::kEntriesMax);
    std::set<std::string> seen;
    int newest_attempt = 0;
    for (const auto& entry : life["entries"]) {
        seen.insert(entry["kind"].get<std::string>() + " " + entry["title"].get<std::string>());
        if (entry["title"] != "http_error") continue;
        newest_attempt = std::max(newest_attempt, entry["data"]["number"].get<int>());
    }
    for (const char* wanted : {"created pending", "transition paid", "event payment.paid",
                               "refund succeeded", "action payments.refunds"}) {
        EXPECT_TRUE(seen.contains(wanted)) << wanted;
    }
    EXPECT_EQ(newest_attempt, 1'501);
}

TEST(ConsoleLife, SaysWhenThereAreMoreNotificationsThanItShows) {
    ConsoleWorld world;
    const std::string id = world.new_payment("T1");
    const auto told = [&](int number) {
        auto fields = GatewayWorld::paid("T1");
        testing::replace(fields, "notify_id", "n" + std::to_string(number));
        EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
    };
    world.sign_in("the-viewer");
    const auto life = [&] { return world.get("/payments/" + id + "/timeline").json(); };
    for (int i = 0; i < 200; ++i) told(i);
    EXPECT_EQ(life()["cut"], false);
    told(200);
    EXPECT_EQ(life()["cut"], true);
}

}  // namespace
}  // namespace tollgate
