// How payments end, through a whole gateway and an Alipay that keeps the truth: queries by timer
// and on demand, closing, expiry, unknown outcomes, tokens.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "gateway/trade_errands.h"
#include "tests/gateway/ending_world.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::EndingWorld;
using testing::GatewayWorld;
using testing::LittleAlipay;
using Kind = LittleAlipay::Fault::Kind;

TEST(Sweep, FindsAPaymentWhoseNotificationNeverCame) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.pay("T1");
    world.clock.pass(minutes(3));
    world.wait_for_status("T1", "paid");
    EXPECT_EQ(world.events.wait_for(1)[0]["type"], "payment.paid");
    const auto step = world.history(id).back();
    EXPECT_EQ(step["cause"], "query");
    EXPECT_EQ(step["to"], "paid");
    EXPECT_TRUE(step["cause_id"].get<std::string>().starts_with("ask_"));
    EXPECT_EQ(world.log().find("payment.paid_without_notification"), std::string::npos);
    // Somebody should know that notifications do not come.
    world.clock.pass(minutes(6));
    world.wait_for_log("payment.paid_without_notification");
    world.wait_for_count("SELECT next_sweep_ms > paid_ms + 300000000 FROM payment", 1);
}

TEST(Sweep, SaysNothingWhenTheNotificationComesAfterTheQuery) {
    EndingWorld world;
    world.make("T1");
    world.little.pay("T1");
    world.clock.pass(minutes(3));
    world.wait_for_status("T1", "paid");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    world.clock.pass(minutes(6));
    world.wait_for_count("SELECT next_sweep_ms > paid_ms + 300000000 FROM payment", 1);
    EXPECT_EQ(world.log().find("payment.paid_without_notification"), std::string::npos);
}

TEST(Sweep, FinishesAPaymentOnceItsRefundWindowIsOver) {
    EndingWorld world(
        [](config::Settings& settings) { settings.apps.front().refund_window = hours(24 * 90); });
    const auto id = world.make("T1");
    world.little.pay("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    // Else its lease would be over in the middle of it, and it would be sent again.
    world.wait_for_count("SELECT count(*) FROM delivery WHERE status = 'delivered'", 1);
    const std::string due =
        "SELECT count(*) FROM payment WHERE status = 'paid' AND next_sweep_ms"
        " = paid_ms + 7776000000 AND next_sweep_ms > ";
    world.clock.pass(hours(24 * 90) - minutes(10));
    EXPECT_EQ(world.count(due + std::to_string(world.clock.now().ms)), 1);
    world.clock.pass(minutes(20));
    world.wait_for_status("T1", "finished");
    const auto last = world.history(id).back();
    EXPECT_EQ(last["from"], "paid");
    EXPECT_EQ(last["cause"], "timer");
    EXPECT_EQ(world.events.wait_for(2)[1]["type"], "payment.finished");
    // Nothing is asked about it any more.
    EXPECT_EQ(world.count("SELECT count(*) FROM payment WHERE next_sweep_ms IS NULL"), 1);
}

TEST(Refresh, AsksAlipayNowAndAnswersAfter) {
    EndingWorld world;
    const auto id = world.make("T1");
    EXPECT_EQ(world.refresh(id)["status"], "pending");
    world.little.pay("T1");
    world.clock.pass(gateway::TradeErrands::kMereLookEvery);
    const auto paid = world.refresh(id);
    EXPECT_EQ(paid["status"], "paid");
    EXPECT_EQ(paid["refreshed"], true);
    EXPECT_EQ(paid["trade_no"], "2026T1");
}

TEST(Refresh, AsksOnceASecondAtMost) {
    EndingWorld world;
    // Of two questions within a second of the host's time, however busy it is.
    for (int i = 0; i < 100; ++i) {
        const std::string number = "T" + std::to_string(i);
        const auto id = world.make(number);
        const int calls = world.little.calls("alipay.trade.query");
        const Timestamp start = world.clock.now();
        EXPECT_EQ(world.refresh(id)["refreshed"], true);
        world.little.pay(number);
        const auto stored = world.refresh(id);
        if (world.clock.now() >= start + gateway::TradeErrands::kMereLookEvery) continue;
        EXPECT_EQ(stored["refreshed"], false);
        EXPECT_EQ(stored["status"], "pending");
        EXPECT_EQ(world.little.calls("alipay.trade.query"), calls + 1);
        world.clock.pass(gateway::TradeErrands::kMereLookEvery);
        EXPECT_EQ(world.refresh(id)["status"], "paid");
        return;
    }
    FAIL() << "no two questions fitted into a second";
}

TEST(Refresh, SaysSoWhenAlipayCannotBeHeard) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.pay("T1");
    world.little.always("alipay.trade.query", {Kind::lose_answer});
    const auto answer = world.refresh(id);
    EXPECT_EQ(answer["status"], "pending");
    EXPECT_EQ(answer["refreshed"], false);
}

TEST(Refresh, AsksOnceForAllWhoWant) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) callers.emplace_back([&] { world.refresh(id); });
    for (auto& caller : callers) caller.join();
    EXPECT_LE(world.little.calls("alipay.trade.query"), 8);
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id + "?refresh=2").status, 400);
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id + "?colour=1").status, 400);
}

TEST(Query, OpensADifferenceAndHoldsThePaymentWhenTheAmountIsAnother) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.pay("T1", 999);
    EXPECT_EQ(world.refresh(id)["held"], true);
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.events.wait_for(1)[0]["data"]["difference"]["class"], "amount_mismatch");
}

TEST(Query, OpensADifferenceWhenATradeThatHadANumberIsGone) {
    EndingWorld world;
    const auto id = world.make("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(world.refresh(id)["held"], true);
    EXPECT_EQ(world.events.wait_for(2)[1]["data"]["difference"]["class"], "trade_missing");
}

// The buyer was faster than the answer: it was true when it was given.
TEST(Query, TakesAnAnswerFromBeforeTheTradeForNoDifference) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.alipay.script([&world](const std::string& method, const json& /*biz*/, auto ticket) {
        EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body,
                  "success");
        ticket.complete(testing::ScriptedAlipay::answer(
            method,
            {{"code", "40004"}, {"msg", "Business Failed"}, {"sub_code", "ACQ.TRADE_NOT_EXIST"}}));
    });
    const auto answer = world.refresh(id);
    EXPECT_EQ(answer["status"], "paid");
    EXPECT_EQ(answer["held"], false);
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 0);
}

// While the answer was on its way a notification said that there is more to ask about.
TEST(Query, AsksAgainWhenThatWasWishedMeanwhile) {
    EndingWorld world;
    const auto id = world.make("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    std::atomic<int> asked = 0;
    world.alipay.script([&](const std::string& method, const json& /*biz*/, auto ticket) {
        const bool first = asked++ == 0;
        if (first) {
            world.clock.pass(std::chrono::milliseconds(5));
            auto odd = GatewayWorld::paid("T1");
            testing::replace(odd, "trade_status", "TRADE_NOBODY_KNOWS");
            testing::replace(odd, "notify_id", "odd");
            EXPECT_EQ(world.notify(GatewayWorld::signed_body(odd)).body, "success");
        }
        ticket.complete(testing::ScriptedAlipay::answer(
            method, {{"code", "10000"},
                     {"msg", "Success"},
                     {"trade_no", "2026T1"},
                     {"out_trade_no", "T1"},
                     {"trade_status", first ? "TRADE_SUCCESS" : "TRADE_CLOSED"},
                     {"send_pay_date", to_beijing(world.clock.now())},
                     {"total_amount", "10.00"}}));
    });
    EXPECT_EQ(world.refresh(id)["status"], "paid");
    world.wait_for_status("T1", "refunded");
}

TEST(Query, WritesWhatWasMissedInOrderWhenTheTradeWasPaidAndRefunded) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.set(
        "T1", {.status = "TRADE_CLOSED", .fen = 1'000, .paid_at = to_beijing(world.clock.now())});
    EXPECT_EQ(world.refresh(id)["status"], "refunded");
    const auto history = world.history(id);
    ASSERT_EQ(history.size(), 3U);
    EXPECT_EQ(history[1]["to"], "paid");
    EXPECT_EQ(world.events.wait_for(2)[1]["type"], "payment.refunded");
}

TEST(Close, ClosesATradeAtAlipayBeforeItSaysClosed) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    const auto answer = world.close(id);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["status"], "closed");
    EXPECT_EQ(world.little.trade("T1").status, "TRADE_CLOSED");
    EXPECT_EQ(world.events.wait_for(1)[0]["type"], "payment.closed");
    EXPECT_EQ(world.close(id).status, 200);  // Once more is no harm.
}

TEST(Close, StaysClosingWhileNobodyHasOpenedTheTradeAndHandsOutNoAction) {
    EndingWorld world;
    const auto id = world.make("T1");
    const auto answer = world.close(id);
    EXPECT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(answer.json()["status"], "closing");
    EXPECT_TRUE(answer.json()["closed_by_latest"].is_string());
    const auto again = world.create(GatewayWorld::order("T1"));
    EXPECT_TRUE(again.json()["action"].is_null());
    EXPECT_EQ(again.json()["action_withheld"], "closing");
    // The buyer had the page open all the time: as soon as his trade appears, it is closed.
    world.little.open("T1");
    world.clock.pass(seconds(15));
    world.wait_for_status("T1", "closed");
    EXPECT_EQ(world.little.trade("T1").status, "TRADE_CLOSED");
}

TEST(Close, EndsAtTheExpiryOfATradeThatNeverWas) {
    EndingWorld world;
    const auto id = world.make("T1");
    EXPECT_EQ(world.close(id).status, 202);
    world.clock.pass(minutes(42));
    world.wait_for_status("T1", "closed");
}

TEST(Close, IsRefusedOnceTheBuyerHasPaid) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.pay("T1");
    const auto answer = world.close(id);
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.json()["code"], "payment_paid");
    EXPECT_EQ(answer.json()["payment"]["close_requested"], true);
    EXPECT_EQ(world.payment_status("T1"), "paid");
    EXPECT_EQ(world.little.calls("alipay.trade.close"), 0);
}

TEST(Close, BelievesNoAnswerOfTheCloseItself) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    world.little.next("alipay.trade.close", {Kind::lose_answer});
    EXPECT_EQ(world.close(id).status, 200);  // The query that follows shows that it was done.
    const auto other = world.make("T2");
    world.little.open("T2");
    world.little.next("alipay.trade.close", {Kind::lose_request});
    const auto answer = world.close(other);
    EXPECT_EQ(answer.status, 202);
    world.clock.pass(seconds(15));
    world.wait_for_status("T2", "closed");
}

TEST(Close, NeedsItsOwnRight) {
    EndingWorld world;
    const auto id = world.make("T1");
    EXPECT_EQ(
        world.api("POST", "/v1/payments/" + id + "/close", "", {}, GatewayWorld::kLookKey).status,
        403);
    EXPECT_EQ(world.close("pay_nobody").status, 404);
    EXPECT_EQ(world.api("POST", "/v1/payments/" + id + "/close", R"({"why":1})").status, 400);
    EXPECT_EQ(world.payment_status("T1"), "pending");
}

TEST(Close, AnswersTheSameKeyTheSame) {
    EndingWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    const auto first = world.close(id, {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(first.status, 200);
    const auto second = world.close(id, {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.header("idempotent-replayed"), "true");
    const auto other = world.close(world.make("T2"), {{"Idempotency-Key", "k1"}});
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.json()["errors"][0]["field"], "/payment");
}

TEST(Expiry, ClosesATradeThatIsStillOpenAtAlipay) {
    EndingWorld world;
    world.make("T1");
    world.little.open("T1");
    world.clock.pass(minutes(31));
    world.wait_for_status("T1", "closed");
    EXPECT_EQ(world.little.trade("T1").status, "TRADE_CLOSED");
}

TEST(Expiry, ClosesNothingWhileOurClockIsNotAlipays) {
    // Alipay answers with the time that it is; ours is an hour ahead.
    testing::ScriptedAlipay right;
    right.script([&](const std::string& method, const json&, auto ticket) {
        ticket.complete(testing::ScriptedAlipay::answer(
            method, {{"code", "40004"}, {"sub_code", "ACQ.TRADE_NOT_EXIST"}}));
    });
    EndingWorld wrong(
        [&](config::Settings& settings) { settings.apps[0].gateway_url = right.gateway_url(); });
    wrong.make("T2");
    wrong.clock.pass(hours(1));
    wrong.wait_for_log("clock.differs");
    const int asked = static_cast<int>(right.calls().size());
    wrong.clock.pass(hours(1));
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    for (int i = 0; i < 500 && static_cast<int>(right.calls().size()) <= asked; ++i) {
        never.wait_for(lock, std::chrono::milliseconds(20));
    }
    EXPECT_EQ(wrong.payment_status("T2"), "pending");
}

TEST(Overdue, TellsSomebodyWhenAPaymentDoesNotEnd) {
    EndingWorld world;
    world.make("T1");
    world.little.always("alipay.trade.query", {Kind::lose_answer});
    world.clock.pass(minutes(110));
    world.wait_for_count("SELECT count(*) FROM difference WHERE class = 'overdue_pending'", 1);
    EXPECT_EQ(world.count("SELECT held FROM payment"), 0);
    world.little.heal();
    world.clock.pass(minutes(90));
    world.wait_for_status("T1", "closed");
}

TEST(Unknown, MakesTheSameCallAgainUntilItsOutcomeIsKnown) {
    EndingWorld world;
    world.little.next("alipay.trade.precreate", {Kind::lose_request});
    auto wanted = GatewayWorld::order("T1");
    wanted["product"] = "qr";
    EXPECT_EQ(world.create(wanted).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
    world.clock.pass(minutes(1));
    world.wait_for_status("T1", "pending");
    const auto calls = world.alipay.calls();
    std::vector<std::string> made;
    for (const auto& call : calls) {
        if (call.starts_with("alipay.trade.precreate")) made.push_back(call);
    }
    ASSERT_EQ(made.size(), 2U);
    EXPECT_EQ(made[0], made[1]);  // The same number, and the same expiry.
    const auto again = world.create(wanted);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.json()["action"]["type"], "qr");
}

TEST(Unknown, IsPaidWhenTheQuerySaysSo) {
    EndingWorld world;
    world.little.next("alipay.trade.precreate", {Kind::system_error});
    auto wanted = GatewayWorld::order("T1");
    wanted["product"] = "qr";
    EXPECT_EQ(world.create(wanted).status, 502);
    world.little.pay("T1");
    world.clock.pass(minutes(1));
    world.wait_for_status("T1", "paid");
    EXPECT_EQ(world.little.calls("alipay.trade.precreate"), 1);
}

TEST(Tokens, MakeOnePaymentEach) {
    EndingWorld world;
    const auto made = world.api("POST", "/v1/tokens");
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string token = made.json()["token"];
    const transport::HeaderList with{{"Submit-Token", token}};
    const auto first = world.create(GatewayWorld::order("T1"), with);
    ASSERT_EQ(first.status, 201);
    const auto second = world.create(GatewayWorld::order("T2"), with);
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(second.json()["code"], "token_used");
    EXPECT_EQ(second.json()["payment_id"], first.json()["id"]);
    EXPECT_EQ(world.create(GatewayWorld::order("T1"), with).status, 409);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
    // The token itself is nowhere.
    EXPECT_EQ(world.count("SELECT count(*) FROM submit_token WHERE token_sha256 = '" + token + "'"),
              0);
}

TEST(Tokens, AreTakenByOneOfManyAtOnce) {
    EndingWorld world;
    const std::string token = world.api("POST", "/v1/tokens").json()["token"];
    std::atomic<int> made = 0;
    std::atomic<int> used = 0;
    std::vector<std::thread> clicks;
    for (int i = 0; i < 8; ++i) {
        clicks.emplace_back([&, i] {
            const auto answer = world.create(GatewayWorld::order("T" + std::to_string(i)),
                                             {{"Submit-Token", token}});
            made += answer.status == 201 ? 1 : 0;
            used += answer.status == 409 ? 1 : 0;
        });
    }
    for (auto& click : clicks) click.join();
    EXPECT_EQ(made, 1);
    EXPECT_EQ(used, 7);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
}

TEST(Tokens, AreNotUsedByARequestThatFailed) {
    EndingWorld world;
    const std::string token = world.api("POST", "/v1/tokens").json()["token"];
    const transport::HeaderList with{{"Submit-Token", token}};
    auto wrong = GatewayWorld::order("T1");
    wrong["amount"] = 0;
    EXPECT_EQ(world.create(wrong, with).status, 400);
    // Its call failed after it was taken: the same request goes on with it.
    auto wanted = GatewayWorld::order("T1");
    wanted["product"] = "qr";
    world.little.next("alipay.trade.precreate", {Kind::lose_request});
    EXPECT_EQ(world.create(wanted, with).status, 502);
    EXPECT_EQ(world.create(wanted, with).status, 201);
    EXPECT_EQ(world.create(wanted, with).status, 409);
}

TEST(Tokens, AreFreeAgainWhenAlipayHasRefusedTheirPayment) {
    EndingWorld world;
    const std::string token = world.api("POST", "/v1/tokens").json()["token"];
    const auto send = [&](const std::string& number) {
        auto wanted = GatewayWorld::order(number);
        wanted["product"] = "qr";
        return world.create(wanted, {{"Submit-Token", token}});
    };
    world.little.next("alipay.trade.precreate", {Kind::refuse, "ACQ.SELLER_BEEN_BLOCKED"});
    EXPECT_EQ(send("T1").status, 422);
    EXPECT_EQ(world.payment_status("T1"), "failed");
    EXPECT_EQ(send("T2").status, 201);
    EXPECT_EQ(send("T3").json()["code"], "token_used");
}

TEST(Tokens, AreRefusedWhenUnknownOrExpired) {
    EndingWorld world;
    const auto unknown = world.create(GatewayWorld::order("T1"), {{"Submit-Token", "tgt_x"}});
    EXPECT_EQ(unknown.status, 422);
    EXPECT_EQ(unknown.json()["code"], "token_invalid");
    const std::string token =
        world.api("POST", "/v1/tokens", R"({"expires_in": 60})").json()["token"];
    world.clock.pass(seconds(61));
    EXPECT_EQ(world.create(GatewayWorld::order("T1"), {{"Submit-Token", token}}).status, 422);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 0);
    EXPECT_EQ(world.api("POST", "/v1/tokens", "", {}, GatewayWorld::kReadKey).status, 403);
    EXPECT_EQ(world.api("POST", "/v1/tokens", R"({"expires_in": 1})").status, 400);
}

}  // namespace
}  // namespace tollgate
