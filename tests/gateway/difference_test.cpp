// What only a person can decide, money that nobody waits for, and two payments for one order.
#include <thread>

#include <gtest/gtest.h>

#include "tests/gateway/little_alipay.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Answer;
using testing::GatewayWorld;
using testing::LittleAlipay;
using testing::replace;
using Kind = LittleAlipay::Fault::Kind;

std::function<void(config::Settings&)> with(config::LatePolicy policy) {
    return [policy](config::Settings& settings) { settings.apps[0].late_policy = policy; };
}

struct DifferenceWorld : GatewayWorld {
    explicit DifferenceWorld(std::function<void(config::Settings&)> change = {})
        : GatewayWorld(std::move(change)), little(*this) {}

    json payment(const std::string& number) {
        return api("GET", "/v1/payments?app=shop&out_trade_no=" + number).json()["payments"][0];
    }
    // A payment that was closed, whose money came all the same.
    void pay_late(const std::string& number) {
        const std::string id = create(order(number)).json()["id"];
        little.open(number);
        EXPECT_EQ(api("POST", "/v1/payments/" + id + "/close").status, 200);
        little.pay(number);
        EXPECT_EQ(notify(signed_body(GatewayWorld::paid(number))).body, "success");
        EXPECT_EQ(payment(number)["late"], true);
    }
    // Two payments of one order, both paid; the second one is the surplus.
    void pay_twice() {
        for (const char* number : {"T1", "T2"}) {
            auto wanted = order(number);
            wanted["order"] = "O1";
            EXPECT_EQ(create(wanted).status, 201);
        }
        for (const char* number : {"T1", "T2"}) {
            little.pay(number);
            EXPECT_EQ(notify(signed_body(GatewayWorld::paid(number))).body, "success");
        }
    }
    json only_difference() {
        const auto list = api("GET", "/v1/differences").json()["differences"];
        EXPECT_EQ(list.size(), 1U) << list.dump();
        return list.empty() ? json() : list[0];
    }
    Answer settle(const std::string& id, const std::string& action, const std::string& key = "k1") {
        return api("POST", "/v1/differences/" + id + "/settle",
                   json{{"action", action}, {"note", "looked at it"}}.dump(),
                   {{"Idempotency-Key", key}});
    }

    LittleAlipay little;
};

TEST(LateMoney, IsHeldUntilSomebodyDecides) {
    DifferenceWorld world;
    world.pay_late("T1");
    EXPECT_EQ(world.payment("T1")["status"], "paid");
    EXPECT_EQ(world.payment("T1")["held"], true);
    const auto difference = world.only_difference();
    EXPECT_EQ(difference["class"], "late_payment");
    const auto settled = world.settle(difference["id"], "accept");
    EXPECT_EQ(settled.status, 200) << settled.body;
    EXPECT_EQ(settled.json()["status"], "settled");
    EXPECT_EQ(settled.json()["settlement"]["by"], "orders");
    EXPECT_EQ(world.payment("T1")["held"], false);
    EXPECT_EQ(world.payment("T1")["status"], "paid");
    EXPECT_EQ(world.little.refunded("T1"), 0);
}

TEST(LateMoney, GoesBackWhenTheAppWantsThat) {
    DifferenceWorld world(with(config::LatePolicy::refund));
    world.pay_late("T1");
    world.clock.pass(seconds(1));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'refunded'", 1);
    EXPECT_EQ(world.little.refunded("T1"), 1'000);
    EXPECT_EQ(world.text("SELECT origin || ' ' || reason FROM refund"), "policy late_payment");
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.closed'"), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.paid'"), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.refunded'"), 1);
}

TEST(LateMoney, IsTheOrderServicesWhenTheAppAcceptsIt) {
    DifferenceWorld world(with(config::LatePolicy::accept));
    world.pay_late("T1");
    EXPECT_EQ(world.payment("T1")["held"], false);
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 0);
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 0);
}

TEST(LateMoney, IsRefundedOnceHoweverOftenItIsReported) {
    DifferenceWorld world(with(config::LatePolicy::refund));
    world.pay_late("T1");
    for (int i = 0; i < 3; ++i) {
        auto again = GatewayWorld::paid("T1");
        replace(again, "notify_id", "again-" + std::to_string(i));
        world.notify(GatewayWorld::signed_body(again));
    }
    world.clock.pass(seconds(1));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'refunded'", 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 1);
    EXPECT_EQ(world.little.trade("T1").refunds.size(), 1U);
}

TEST(Surplus, IsHeldAcceptedOrRefundedAsTheAppWants) {
    DifferenceWorld held;
    held.pay_twice();
    EXPECT_EQ(held.payment("T1")["surplus"], false);
    EXPECT_EQ(held.payment("T2")["surplus"], true);
    EXPECT_EQ(held.payment("T2")["held"], true);
    EXPECT_EQ(held.only_difference()["class"], "surplus_payment");

    DifferenceWorld refunded(with(config::LatePolicy::refund));
    refunded.pay_twice();
    refunded.clock.pass(seconds(1));
    refunded.wait_for_count("SELECT count(*) FROM payment WHERE status = 'refunded'", 1);
    EXPECT_EQ(refunded.little.refunded("T1"), 0);
    EXPECT_EQ(refunded.little.refunded("T2"), 1'000);

    DifferenceWorld accepted(with(config::LatePolicy::accept));
    accepted.pay_twice();
    EXPECT_EQ(accepted.payment("T2")["surplus"], true);
    EXPECT_EQ(accepted.payment("T2")["held"], false);
}

TEST(Settle, RefundsWhatIsHeld) {
    DifferenceWorld world;
    world.pay_twice();
    const std::string id = world.only_difference()["id"];
    EXPECT_EQ(world.settle(id, "refund").status, 200);
    world.clock.pass(seconds(1));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'refunded'", 1);
    EXPECT_EQ(world.little.refunded("T2"), 1'000);
    EXPECT_EQ(world.payment("T1")["status"], "paid");
}

TEST(Settle, NeedsAKeyAndTheRightAndHappensOnce) {
    DifferenceWorld world;
    world.pay_late("T1");
    const std::string id = world.only_difference()["id"];
    const std::string path = "/v1/differences/" + id + "/settle";
    EXPECT_EQ(world.api("POST", path, R"({"action":"accept"})").status, 400);
    EXPECT_EQ(world.api("POST", path, R"({"action":"shrug"})", {{"Idempotency-Key", "k0"}}).status,
              400);
    EXPECT_EQ(world
                  .api("POST", path, R"({"action":"accept"})", {{"Idempotency-Key", "k0"}},
                       GatewayWorld::kLookKey)
                  .status,
              403);
    EXPECT_EQ(world.settle("dif_nobody", "accept").status, 404);
    const auto first = world.settle(id, "accept");
    EXPECT_EQ(world.settle(id, "accept").body, first.body);
    EXPECT_EQ(world.settle(id, "refund").status, 422);
    EXPECT_EQ(world.settle(id, "refund", "k2").json()["code"], "difference_settled");
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 0);
    EXPECT_EQ(world.api("GET", "/v1/differences?status=all").json()["differences"].size(), 1U);
    EXPECT_EQ(world.api("GET", "/v1/differences?status=odd").status, 400);
}

TEST(Settle, TakesMoneyWhoseCheckFailedAndLetsTheTimersAskAgain) {
    DifferenceWorld world;
    const std::string id = world.create(GatewayWorld::order("T1")).json()["id"];
    auto fields = GatewayWorld::paid("T1", "9.99");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "fail");
    world.little.pay("T1", 999);
    EXPECT_EQ(world.payment("T1")["status"], "pending");
    const std::string difference = world.only_difference()["id"];
    EXPECT_EQ(world.settle(difference, "refund", "k0").json()["code"], "refund_not_possible");
    EXPECT_EQ(world.settle(difference, "accept").status, 200);
    EXPECT_EQ(world.payment("T1")["status"], "paid");
    const auto history = world.api("GET", "/v1/payments/" + id + "/history").json()["transitions"];
    EXPECT_EQ(history.back()["cause"], "operator");
}

TEST(Settle, IgnoresAndGivesThePaymentBackToTheTimers) {
    DifferenceWorld world;
    world.create(GatewayWorld::order("T1"));
    world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1", "9.99")));
    world.little.pay("T1");  // The notification was somebody's mistake; the trade is right.
    EXPECT_EQ(world.settle(world.only_difference()["id"], "ignore").status, 200);
    world.clock.pass(seconds(1));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'paid'", 1);
}

TEST(Replaces, ClosesTheOldOneAtAlipayFirst) {
    DifferenceWorld world;
    const std::string old = world.create(GatewayWorld::order("T1")).json()["id"];
    world.little.open("T1");
    auto wanted = GatewayWorld::order("T2");
    wanted["order"] = "O-T1";
    wanted["replaces"] = old;
    const auto made = world.create(wanted);
    EXPECT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(world.little.trade("T1").status, "TRADE_CLOSED");
    EXPECT_EQ(world.payment("T1")["status"], "closed");
    EXPECT_EQ(world.create(wanted).status, 200);
}

TEST(Replaces, LetsTheOldOneGoOnClosingWhileItHasNoTrade) {
    DifferenceWorld world;
    const std::string old = world.create(GatewayWorld::order("T1")).json()["id"];
    auto wanted = GatewayWorld::order("T2");
    wanted["order"] = "O-T1";
    wanted["replaces"] = old;
    EXPECT_EQ(world.create(wanted).status, 201);
    EXPECT_EQ(world.payment("T1")["status"], "closing");
}

TEST(Replaces, MakesNothingWhenTheOldOneTurnsOutToBePaid) {
    DifferenceWorld world;
    const std::string old = world.create(GatewayWorld::order("T1")).json()["id"];
    world.little.pay("T1");
    auto wanted = GatewayWorld::order("T2");
    wanted["order"] = "O-T1";
    wanted["replaces"] = old;
    for (int i = 0; i < 2; ++i) {
        const auto refused = world.create(wanted);
        EXPECT_EQ(refused.status, 409);
        EXPECT_EQ(refused.json()["code"], "order_paid");
        EXPECT_EQ(refused.json()["payment_id"], old);
    }
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
}

TEST(Replaces, TakesOnlyAPaymentOfTheSameOrder) {
    DifferenceWorld world;
    const std::string old = world.create(GatewayWorld::order("T1")).json()["id"];
    auto wanted = GatewayWorld::order("T2");  // Of order O-T2.
    wanted["replaces"] = old;
    EXPECT_EQ(world.create(wanted).json()["code"], "replaces_not_possible");
    wanted["replaces"] = "pay_nobody";
    EXPECT_EQ(world.create(wanted).status, 422);
    EXPECT_EQ(world.payment("T1")["status"], "pending");
}

}  // namespace
}  // namespace tollgate
