// Mistakes that other gateways were seen to make, each as the test that we pass. Named after them.
// Those that have tests of their own elsewhere:
//   a refund that Alipay made by itself, or in its own pages, is taken for nothing: refund_test;
//   more is refunded than was paid when two ask at once: refund_test, race_test;
//   a certificate that was fetched is trusted without its chain: certificate_test (Renewal);
//   an event leaves before its transaction is there: failing_disk_test, outbox_test;
//   what is verified and fits nothing is answered with success and forgotten: notify_test.
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

struct MistakeWorld : GatewayWorld {
    explicit MistakeWorld(std::function<void(config::Settings&)> change = {})
        : GatewayWorld(std::move(change)), little(*this) {}
    std::string make(const std::string& number) { return create(order(number)).json()["id"]; }
    std::string make_paid(const std::string& number) {
        pay(number);
        little.pay(number);
        return api("GET", "/v1/payments?app=shop&out_trade_no=" + number)
            .json()["payments"][0]["id"];
    }
    Answer refund(const std::string& id, const std::string& number, std::int64_t fen) {
        return api("POST", "/v1/payments/" + id + "/refunds",
                   json{{"out_request_no", number}, {"amount", fen}}.dump());
    }
    LittleAlipay little;
};

TEST(FieldMistakes, LateSuccessLeavesItClosedHereAndTellsTheShopThatItIsPaid) {
    MistakeWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    EXPECT_EQ(world.api("POST", "/v1/payments/" + id + "/close").status, 200);
    world.little.pay("T1");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    // What the shop hears is what stands here, and it says that it is late.
    for (const auto& event : world.events.wait_for(2)) {
        if (event["type"] != "payment.paid") continue;
        EXPECT_EQ(event["data"]["payment"]["late"], true);
        EXPECT_EQ(event["data"]["payment"]["status"], "paid");
    }
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

TEST(FieldMistakes, ACloseThatNotificationsCanNeverBring) {
    MistakeWorld world;
    world.make("T1");
    world.little.set("T1", {.status = "TRADE_CLOSED", .fen = 1'000});
    auto closed = GatewayWorld::paid("T1");
    replace(closed, "trade_status", "TRADE_CLOSED");
    replace(closed, "gmt_payment", "");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(closed)).body, "success");
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'closed'", 1);
}

TEST(FieldMistakes, WaitBuyerPayMarksThePaymentFailed) {
    MistakeWorld world;
    world.make("T1");
    auto waiting = GatewayWorld::paid("T1");
    replace(waiting, "trade_status", "WAIT_BUYER_PAY");
    replace(waiting, "gmt_payment", "");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(waiting)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.count("SELECT count(*) FROM event"), 0);
}

TEST(FieldMistakes, ADoubledSuccessIsAnErrorSoThatAlipaySendsItForEver) {
    MistakeWorld world;
    world.make("T1");
    const auto body = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    EXPECT_EQ(world.notify(body).body, "success");
    EXPECT_EQ(world.notify(body).body, "success");
}

TEST(FieldMistakes, TradeFinishedIsDroppedWithoutAnAnswer) {
    MistakeWorld world;
    world.make("T1");
    auto finished = GatewayWorld::paid("T1");
    replace(finished, "trade_status", "TRADE_FINISHED");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(finished)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "finished");
}

TEST(FieldMistakes, NobodyComparesTheAmountTheAppOrTheSeller) {
    MistakeWorld world;
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"total_amount", "9.99"},
        {"app_id", "2021000000000009"},
        {"seller_id", "2088000000000008"}};
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        const std::string number = "T" + std::to_string(i);
        world.make(number);
        auto fields = GatewayWorld::paid(number);
        replace(fields, wrong[i].first, wrong[i].second);
        EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "fail");
        EXPECT_EQ(world.payment_status(number), "pending");
    }
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 3);
}

TEST(FieldMistakes, ARefundsSystemErrorIsTakenForAFailure) {
    MistakeWorld world;
    const auto id = world.make_paid("T1");
    world.little.next("alipay.trade.refund", {Kind::system_error});
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "unknown");
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'refund.failed'"), 0);
}

TEST(FieldMistakes, ARefundsCode10000IsTakenForMoneyThatMoved) {
    MistakeWorld world;
    const auto id = world.make_paid("T1");
    world.little.next("alipay.trade.refund", {Kind::quiet_refund});
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "processing");
}

TEST(FieldMistakes, ARefundWithoutAnAnswerIsTakenForAFailure) {
    MistakeWorld world;
    const auto id = world.make_paid("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_answer});
    EXPECT_EQ(world.refund(id, "R1", 700).json()["status"], "unknown");
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'refund.failed'"), 0);
    // What may have left is not there for another refund, …
    EXPECT_EQ(world.refund(id, "R2", 400).json()["code"], "refund_exceeds");
    // … and the query finds out that it did.
    world.clock.pass(minutes(2));
    world.wait_for_count("SELECT count(*) FROM refund WHERE status = 'succeeded'", 1);
    EXPECT_EQ(world.little.refunded("T1"), 700);
}

TEST(FieldMistakes, ARefundsSecondTryTakesAnotherNumber) {
    MistakeWorld world;
    const auto id = world.make_paid("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_answer});
    world.refund(id, "R1", 400);
    for (int i = 0; i < 3; ++i) EXPECT_LT(world.refund(id, "R1", 400).status, 300);
    world.clock.pass(minutes(2));
    world.wait_for_count("SELECT count(*) FROM refund WHERE status = 'succeeded'", 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 1);
    EXPECT_EQ(world.little.refunded("T1"), 400);
}

TEST(FieldMistakes, ACloseAfterTheWholeRefundMakesThePaymentAFailure) {
    MistakeWorld world;
    const auto id = world.make_paid("T1");
    world.refund(id, "R1", 1'000);
    auto closed = GatewayWorld::paid("T1");
    replace(closed, "trade_status", "TRADE_CLOSED");
    replace(closed, "notify_id", "closed-after-refund");
    closed.emplace_back("gmt_refund", "2026-11-11 00:03:00");
    closed.emplace_back("refund_fee", "10.00");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(closed)).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "refunded");
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.closed'"), 0);
}

TEST(FieldMistakes, AnErrorInTheExpiryTaskMarksThePaymentFailedAndTellsTheShop) {
    MistakeWorld world;
    world.make("T1");
    world.little.pay("T1");
    world.little.always("alipay.trade.query", {Kind::system_error});
    world.clock.pass(minutes(41));
    world.wait_for_count("SELECT next_sweep_ms > expires_ms + 600000 FROM payment", 1);
    EXPECT_EQ(world.payment_status("T1"), "pending");
    EXPECT_EQ(world.count("SELECT count(*) FROM event"), 0);
    world.little.heal();
    world.clock.pass(minutes(30));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'paid'", 1);
}

TEST(FieldMistakes, ARepeatedCreateIgnoresAChangedAmount) {
    MistakeWorld world;
    world.make("T1");
    const auto other = world.create(GatewayWorld::order("T1", 999));
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.json()["errors"][0]["field"], "/amount");
}

TEST(FieldMistakes, AfterTenMinutesNobodyAsksAnyMore) {
    MistakeWorld world;
    auto wanted = GatewayWorld::order("T1");
    wanted["expires_in"] = 86'400;
    world.create(wanted);
    world.clock.pass(minutes(11));
    world.wait_for_count("SELECT next_sweep_ms > created_ms + 660000 FROM payment", 1);
    world.little.pay("T1");
    world.clock.pass(minutes(15));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'paid'", 1);
}

TEST(FieldMistakes, ClosedHereWhileTheBuyerCanStillPay) {
    MistakeWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    world.little.always("alipay.trade.close", {Kind::lose_request});
    EXPECT_EQ(world.api("POST", "/v1/payments/" + id + "/close").status, 202);
    EXPECT_EQ(world.payment_status("T1"), "closing");
    EXPECT_EQ(world.little.trade("T1").status, "WAIT_BUYER_PAY");
}

TEST(FieldMistakes, ARestartLosesWhatWasWaiting) {
    MistakeWorld world;
    world.make("T1");
    world.little.pay("T1");
    world.restart();
    world.clock.pass(minutes(3));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'paid'", 1);
}

TEST(FieldMistakes, ARestartTakesUpTheFirstFewHundredOnly) {
    MistakeWorld world(
        [](config::Settings& settings) { settings.sweeps.calls_per_second = 2'000; });
    constexpr int kWaiting = 520;
    for (int i = 0; i < kWaiting; ++i) {
        const std::string number = "T" + std::to_string(i);
        world.make(number);
        world.little.pay(number);
    }
    world.restart();
    world.clock.pass(minutes(3));
    world.wait_for_count("SELECT count(*) FROM payment WHERE status = 'paid'", kWaiting);
}

TEST(FieldMistakes, ANotificationThatFindsThePaymentInUseIsDropped) {
    MistakeWorld world;
    const auto id = world.make("T1");
    world.little.pay("T1");
    std::vector<std::thread> all;
    for (int i = 0; i < 4; ++i) {
        all.emplace_back([&, i] {
            auto fields = GatewayWorld::paid("T1");
            replace(fields, "notify_id", "n" + std::to_string(i));
            EXPECT_EQ(world.notify(GatewayWorld::signed_body(fields)).body, "success");
        });
        all.emplace_back([&] { world.api("GET", "/v1/payments/" + id + "?refresh=1"); });
    }
    for (auto& one : all) one.join();
    EXPECT_EQ(world.payment_status("T1"), "paid");
    EXPECT_EQ(world.count("SELECT count(*) FROM notification"), 4);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.paid'"), 1);
}

// Whoever recorded a request and sends it again, however late, gets what is there and moves
// nothing.
TEST(FieldMistakes, ARecordedRequestSentAgainMovesMoneyAgain) {
    MistakeWorld world;
    const auto create = GatewayWorld::order("T1");
    const auto id = world.make_paid("T1");
    const auto notification = GatewayWorld::signed_body(GatewayWorld::paid("T1"));
    EXPECT_EQ(world.refund(id, "R1", 400).status, 201);
    const auto transitions = world.count("SELECT count(*) FROM transition");
    const auto events = world.count("SELECT count(*) FROM event");
    world.clock.pass(std::chrono::hours(48));
    EXPECT_EQ(world.create(create).json()["id"], id);
    EXPECT_EQ(world.notify(notification).body, "success");
    EXPECT_EQ(world.refund(id, "R1", 400).status, 200);
    EXPECT_EQ(world.api("POST", "/v1/payments/" + id + "/close").json()["code"], "payment_paid");
    EXPECT_EQ(world.little.refunded("T1"), 400);
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM transition"), transitions);
    EXPECT_EQ(world.count("SELECT count(*) FROM event"), events);
}

TEST(FieldMistakes, TheSignedTextOrAKeyGoesToTheLog) {
    MistakeWorld world;
    const auto id = world.make("T1");
    world.little.open("T1");
    world.api("POST", "/v1/payments/" + id + "/close");
    EXPECT_EQ(world.log().find("sign_type=RSA2"), std::string::npos);
    EXPECT_EQ(world.log().find("PRIVATE"), std::string::npos);
    EXPECT_EQ(world.log().find(GatewayWorld::kKey), std::string::npos);
}

}  // namespace
}  // namespace tollgate
