// What becomes of a payment after a person has settled its difference: Alipay says the same again,
// or more.
#include <gtest/gtest.h>

#include "tests/gateway/ending_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::EndingWorld;
using testing::GatewayWorld;

struct SettledWorld : EndingWorld {
    json look(const std::string& id) { return api("GET", "/v1/payments/" + id).json(); }
    // Asks Alipay, however lately it was asked.
    json ask(const std::string& id) {
        clock.pass(seconds(5));
        return refresh(id);
    }
    // A payment of 10.00 that is held, for Alipay tells of 9.99: paid, or waiting for the buyer.
    std::string held_by_amount(bool paid) {
        auto id = make("T1");
        if (paid) {
            little.pay("T1", 999);
        } else {
            little.open("T1", 999);
        }
        EXPECT_EQ(ask(id)["held"], true);
        return id;
    }
    void let_trade_become(const std::string& status) {
        auto trade = little.trade("T1");
        trade.status = status;
        little.set("T1", trade);
    }
    json differences() { return api("GET", "/v1/differences?status=all").json()["differences"]; }
    void settle(const std::string& action) {
        const std::string id = differences().at(0)["id"];
        const auto settled = api("POST", "/v1/differences/" + id + "/settle",
                                 json{{"action", action}, {"note", "looked at it"}}.dump(),
                                 {{"Idempotency-Key", "k" + std::to_string(settled_++)}});
        EXPECT_EQ(settled.status, 200) << settled.body;
    }
    std::int64_t opened() {
        return count("SELECT count(*) FROM event WHERE type = 'difference.opened'");
    }

private:
    int settled_ = 0;
};

TEST(SettledAgain, MoneyThatWasAcceptedIsNotHeldByTheSameMismatch) {
    SettledWorld world;
    const auto id = world.held_by_amount(true);
    world.settle("accept");
    EXPECT_EQ(world.look(id)["status"], "paid");
    const auto again = world.ask(id);
    EXPECT_EQ(again["status"], "paid");
    EXPECT_EQ(again["held"], false);
    EXPECT_EQ(world.opened(), 1);
}

TEST(SettledAgain, MoneyThatWasAcceptedIsFollowedToItsEnd) {
    SettledWorld world;
    const auto id = world.held_by_amount(true);
    world.settle("accept");
    world.let_trade_become("TRADE_FINISHED");
    EXPECT_EQ(world.ask(id)["status"], "finished");
}

TEST(SettledAgain, TheEndOfAnotherTradeEndsNothing) {
    SettledWorld world;
    const auto id = world.make("T1");
    auto first = GatewayWorld::paid("T1");
    testing::replace(first, "trade_no", "2026OTHER");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(first)).body, "success");
    world.little.pay("T1");
    EXPECT_EQ(world.ask(id)["held"], true);
    world.settle("ignore");
    world.let_trade_become("TRADE_CLOSED");
    EXPECT_EQ(world.ask(id)["status"], "paid");
}

TEST(SettledAgain, MoneyThatWasIgnoredIsNeverTaken) {
    SettledWorld world;
    const auto id = world.held_by_amount(true);
    world.settle("ignore");
    const auto again = world.ask(id);
    EXPECT_EQ(again["status"], "pending");
    EXPECT_EQ(again["held"], false);
    // It went back at Alipay's own pages.
    world.let_trade_become("TRADE_CLOSED");
    EXPECT_EQ(world.ask(id)["status"], "closed");
}

TEST(SettledAgain, AMismatchThatWasIgnoredLeavesThePaymentWithTheTimers) {
    SettledWorld world;
    const auto id = world.held_by_amount(false);
    world.settle("ignore");
    EXPECT_EQ(world.ask(id)["held"], false);
    EXPECT_EQ(world.close(id).status, 200);
    EXPECT_EQ(world.look(id)["status"], "closed");
    EXPECT_EQ(world.opened(), 1);
}

TEST(SettledAgain, ATradeThatIsStillMissingLeavesThePaymentWithTheTimers) {
    SettledWorld world;
    const auto id = world.make("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(world.ask(id)["held"], true);
    world.settle("ignore");
    EXPECT_EQ(world.ask(id)["held"], false);
}

// What was decided while nobody had paid was not decided about money.
TEST(SettledAgain, MoneyThatCameAfterwardsIsToldOfAndCanBeAccepted) {
    SettledWorld world;
    const auto id = world.held_by_amount(false);
    world.settle("accept");  // Of what? There is no money yet.
    EXPECT_EQ(world.look(id)["status"], "pending");

    world.little.pay("T1", 999);
    EXPECT_EQ(world.ask(id)["held"], true);
    EXPECT_EQ(world.opened(), 2);
    const auto list = world.differences();
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["status"], "open");
    EXPECT_EQ(list[0]["evidence"]["settled_before"]["action"], "accept");
    world.settle("accept");
    EXPECT_EQ(world.look(id)["status"], "paid");
    EXPECT_EQ(world.ask(id)["held"], false);
    EXPECT_EQ(world.opened(), 2);
}

TEST(SettledAgain, AnOpenOneLearnsThatTheMoneyCame) {
    SettledWorld world;
    const auto id = world.held_by_amount(false);
    world.little.pay("T1", 999);
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1", "9.99"))).body,
              "fail");
    EXPECT_EQ(world.opened(), 1);
    world.settle("accept");
    EXPECT_EQ(world.look(id)["status"], "paid");
}

}  // namespace
}  // namespace tollgate
