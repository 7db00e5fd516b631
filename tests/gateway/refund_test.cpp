// Refunds, through a whole gateway and an Alipay that keeps the truth and loses messages.
#include <thread>

#include <gtest/gtest.h>

#include "tests/gateway/little_alipay.h"

namespace tollgate {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Answer;
using testing::GatewayWorld;
using testing::LittleAlipay;
using Kind = LittleAlipay::Fault::Kind;

struct RefundWorld : GatewayWorld {
    RefundWorld() : little(*this) {}

    // A payment that is paid, here and there; its id.
    std::string paid_payment(const std::string& number) {
        pay(number);
        little.pay(number);
        return api("GET", "/v1/payments?app=shop&out_trade_no=" + number)
            .json()["payments"][0]["id"];
    }
    Answer refund(const std::string& id, const std::string& number, std::int64_t fen,
                  const transport::HeaderList& headers = {}) {
        return api("POST", "/v1/payments/" + id + "/refunds",
                   json{{"out_request_no", number}, {"amount", fen}}.dump(), headers);
    }
    json one(const std::string& id, const std::string& number) {
        return api("GET", "/v1/payments/" + id + "/refunds/" + number).json();
    }
    json all(const std::string& id) { return api("GET", "/v1/payments/" + id + "/refunds").json(); }
    void wait_for_refund(const std::string& number, const std::string& status) {
        wait_for_count("SELECT count(*) FROM refund WHERE out_request_no = '" + number +
                           "' AND status = '" + status + "'",
                       1);
    }
    // Lets a long time go by in steps, so that everything that falls due is seen to.
    void pass_in_steps(std::chrono::minutes time) {
        for (minutes gone{0}; gone < time; gone += minutes(1)) {
            const std::int64_t due_until = (clock.now() + minutes(1)).ms;
            clock.pass(minutes(1));
            wait_for_count(
                "SELECT count(*) FROM refund WHERE status IN ('requested', 'processing',"
                " 'unknown') AND next_sweep_ms <= " +
                    std::to_string(due_until),
                0);
        }
    }

    LittleAlipay little;
};

TEST(Refund, SendsAPartBackAndThenTheRest) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    const auto first = world.refund(id, "R1", 400);
    EXPECT_EQ(first.status, 201) << first.body;
    EXPECT_EQ(first.json()["status"], "succeeded");
    EXPECT_EQ(world.payment_status("T1"), "paid");
    EXPECT_EQ(world.all(id)["refundable"], 600);
    world.clock.pass(seconds(4));
    EXPECT_EQ(world.refund(id, "R2", 600).status, 201);
    EXPECT_EQ(world.payment_status("T1"), "refunded");
    EXPECT_EQ(world.little.refunded("T1"), 1'000);
    const auto events = world.events.wait_for(4);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'refund.succeeded'"), 2);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'payment.refunded'"), 1);
    EXPECT_EQ(world.refund(id, "R3", 1).json()["code"], "payment_refunded");
}

TEST(Refund, KeepsTwoOfOneTradeThreeSecondsApart) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    EXPECT_EQ(world.refund(id, "R1", 100).status, 201);
    EXPECT_EQ(world.refund(id, "R2", 100).status, 201);
    EXPECT_GE(world.count("SELECT max(last_attempt_ms) - min(last_attempt_ms) FROM refund"), 3'000);
}

TEST(Refund, NeverReservesMoreThanThePayment) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.always("alipay.trade.refund", {Kind::lose_request});
    world.little.always("alipay.trade.fastpay.refund.query", {Kind::lose_request});
    EXPECT_EQ(world.refund(id, "R1", 700).status, 202);
    const auto too_much = world.refund(id, "R2", 301);
    EXPECT_EQ(too_much.status, 409);
    EXPECT_EQ(too_much.json()["code"], "refund_exceeds");
    EXPECT_EQ(too_much.json()["refundable"], 300);
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 1);
}

TEST(Refund, NeverReservesMoreThanThePaymentWhenManyAskAtOnce) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.always("alipay.trade.refund", {Kind::lose_request});
    std::atomic<int> reserved = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&, i] {
            const auto answer = world.api(
                "POST", "/v1/payments/" + id + "/refunds",
                json{{"out_request_no", "R" + std::to_string(i)}, {"amount", 300}}.dump());
            reserved += answer.status == 409 ? 0 : 1;
        });
    }
    world.wait_for_count("SELECT count(*) FROM refund", 3);
    for (int i = 0; i < 4; ++i) world.clock.pass(seconds(4));
    for (auto& caller : callers) caller.join();
    EXPECT_EQ(reserved, 3);
    EXPECT_LE(world.count("SELECT sum(amount_fen) FROM refund"), 1'000);
}

TEST(Refund, IsTheSameRefundUnderTheSameNumber) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    const auto first = world.refund(id, "R1", 400);
    const auto again = world.refund(id, "R1", 400);
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.header("idempotent-replayed"), "true");
    EXPECT_EQ(again.json()["id"], first.json()["id"]);
    const auto other = world.refund(id, "R1", 401);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.json()["code"], "out_request_no_reused");
    EXPECT_EQ(other.json()["errors"][0]["field"], "/amount");
    EXPECT_EQ(world.little.calls("alipay.trade.refund"), 1);
}

TEST(Refund, AnswersTheSameKeyTheSameAndNamesWhatDiffers) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    const transport::HeaderList key{{"Idempotency-Key", "k1"}};
    const auto first = world.refund(id, "R1", 400, key);
    const auto again = world.refund(id, "R1", 400, key);
    EXPECT_EQ(again.status, first.status);
    EXPECT_EQ(again.body, first.body);
    const auto other = world.refund(id, "R2", 500, key);
    EXPECT_EQ(other.status, 422);
    EXPECT_EQ(other.json()["code"], "idempotency_key_reused");
    EXPECT_EQ(other.json()["errors"].size(), 2U);
}

TEST(Refund, NamesEveryWrongFieldAtOnceAndDoesNothing) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    const auto answer = world.api("POST", "/v1/payments/" + id + "/refunds",
                                  R"({"out_request_no":"a b","amount":0,"colour":"red"})");
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.json()["errors"].size(), 3U);
    EXPECT_EQ(world.api("POST", "/v1/payments/" + id + "/refunds", R"({"amount":1})").status, 400);
    EXPECT_EQ(world
                  .api("POST", "/v1/payments/" + id + "/refunds",
                       R"({"out_request_no":"R1","amount":1})", {}, GatewayWorld::kLookKey)
                  .status,
              403);
    EXPECT_EQ(world.refund("pay_nobody", "R1", 1).status, 404);
    EXPECT_EQ(world.count("SELECT count(*) FROM refund"), 0);
    EXPECT_EQ(world.little.calls("alipay.trade.refund"), 0);
}

TEST(Refund, IsForPaidPaymentsInTheirWindow) {
    RefundWorld world;
    const std::string unpaid = world.create(GatewayWorld::order("T0")).json()["id"];
    EXPECT_EQ(world.refund(unpaid, "R1", 1).json()["code"], "payment_not_paid");
    const auto id = world.paid_payment("T1");
    world.execute("UPDATE payment SET paid_ms = paid_ms - 366 * 86400000 WHERE paid_ms > 0");
    EXPECT_EQ(world.refund(id, "R1", 1).json()["code"], "refund_window_over");
}

TEST(Refund, FailsOnASignedRefusalAndMayBeAskedForAgain) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::refuse, "ACQ.SELLER_BALANCE_NOT_ENOUGH"});
    const auto refused = world.refund(id, "R1", 400);
    EXPECT_EQ(refused.status, 422) << refused.body;
    EXPECT_EQ(refused.json()["code"], "refund_refused");
    EXPECT_EQ(world.all(id)["refundable"], 1'000);  // Free again.
    EXPECT_EQ(world.events.wait_for(2)[1]["type"], "refund.failed");
    world.clock.pass(seconds(4));
    EXPECT_EQ(world.refund(id, "R1", 400).status, 201);
    EXPECT_EQ(world.one(id, "R1")["transitions"].size(), 6U);
    EXPECT_EQ(world.little.refunded("T1"), 400);
}

TEST(Refund, DoesNotBelieveAnUnsignedRefusal) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::unsigned_refusal, "ACQ.TRADE_HAS_FINISHED"});
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "unknown");
    EXPECT_EQ(world.all(id)["refundable"], 600);
}

TEST(Refund, DoesNotTakeCode10000ForMoneyThatMoved) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::quiet_refund});
    const auto answer = world.refund(id, "R1", 400);
    EXPECT_EQ(answer.status, 202);
    EXPECT_EQ(answer.json()["status"], "processing");
    world.clock.pass(seconds(11));
    world.wait_for_refund("R1", "succeeded");
    EXPECT_EQ(world.little.calls("alipay.trade.refund"), 1);
}

TEST(Refund, IsSentAgainUnderTheSameNumberWhenItNeverArrived) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_request});
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "unknown");
    world.clock.pass(seconds(11));
    world.wait_for_refund("R1", "succeeded");
    EXPECT_EQ(world.little.trade("T1").refunds.size(), 1U);
    EXPECT_EQ(world.little.refunded("T1"), 400);
}

TEST(Refund, FailsOnceItIsProvedThatNothingMoved) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_request});
    world.little.always("alipay.trade.refund", {Kind::refuse, "ACQ.TRADE_NOT_ALLOW_REFUND"});
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "unknown");
    world.pass_in_steps(minutes(9));
    EXPECT_EQ(world.one(id, "R1")["status"], "unknown");
    EXPECT_EQ(world.all(id)["refundable"], 600);
    world.pass_in_steps(minutes(3));
    world.wait_for_refund("R1", "failed");
    EXPECT_EQ(world.all(id)["refundable"], 1'000);
    EXPECT_GE(world.little.calls("alipay.trade.fastpay.refund.query"), 2);
    EXPECT_EQ(world.little.refunded("T1"), 0);
}

TEST(Refund, IsAmbiguousWhenTheProcessDiedBeforeTheAnswerWasWrittenDown) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    EXPECT_EQ(world.refund(id, "R1", 400).status, 201);
    // As if it had died with the call open.
    world.execute(
        "UPDATE refund SET status = 'processing', open_call = 1, refunded_ms = NULL,"
        " next_sweep_ms = last_attempt_ms, calling_until_ms = last_attempt_ms + 20000");
    world.clock.pass(seconds(21));
    world.wait_for_refund("R1", "unknown");
    world.clock.pass(seconds(11));
    world.wait_for_refund("R1", "succeeded");
    EXPECT_EQ(world.little.calls("alipay.trade.refund"), 1);
}

// A refund that timed out but succeeded, and then each of Alipay's refusals on the repeat.
class RefusedRepeat : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedRepeat, NeverMakesASecondRefundAndNeverFreesTheFirst) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_answer});
    const bool system_error = std::string_view(GetParam()) == "SYSTEM_ERROR";
    world.little.always("alipay.trade.refund", {system_error ? Kind::system_error : Kind::refuse,
                                                std::string("ACQ.") + GetParam()});
    // The repeat comes before any query.
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "unknown");
    world.execute("UPDATE refund SET query_next = 0, next_sweep_ms = last_attempt_ms + 4000");
    world.clock.pass(seconds(5));
    world.wait_for_count("SELECT attempts FROM refund", 2);
    world.wait_for_count("SELECT open_call FROM refund", 0);
    EXPECT_EQ(world.one(id, "R1")["status"], "unknown");
    EXPECT_EQ(world.all(id)["refundable"], 600) << "freed while the money was gone";
    EXPECT_EQ(world.refund(id, "R2", 601).json()["code"], "refund_exceeds");
    for (int i = 0; i < 3; ++i) {
        world.clock.pass(minutes(11));
        if (world.count("SELECT count(*) FROM refund WHERE status = 'succeeded'") == 1) break;
    }
    world.wait_for_refund("R1", "succeeded");
    EXPECT_EQ(world.little.trade("T1").refunds.size(), 1U);
    EXPECT_EQ(world.little.refunded("T1"), 400);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'refund.succeeded'"), 1);
    EXPECT_EQ(world.count("SELECT count(*) FROM event WHERE type = 'refund.failed'"), 0);
}

// Every code of protocol notes 9.10.
INSTANTIATE_TEST_SUITE_P(
    EachCode, RefusedRepeat,
    ::testing::Values("SYSTEM_ERROR", "SELLER_BALANCE_NOT_ENOUGH", "REFUND_AMT_NOT_EQUAL_TOTAL",
                      "REASON_TRADE_REFUND_FEE_ERR", "REFUND_FEE_ERROR",
                      "DISCORDANT_REPEAT_REQUEST", "TRADE_NOT_EXIST", "TRADE_HAS_FINISHED",
                      "TRADE_STATUS_ERROR", "TRADE_HAS_CLOSE", "TRADE_NOT_ALLOW_REFUND",
                      "NOT_ALLOW_PARTIAL_REFUND", "ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND",
                      "REASON_TRADE_BEEN_FREEZEN", "REASON_TRADE_STATUS_INVALID",
                      "BUYER_ENABLE_STATUS_FORBID", "BUYER_NOT_EXIST", "CURRENCY_NOT_SUPPORT",
                      "ALLOC_AMOUNT_VALIDATE_ERROR", "REFUNDALLOC_UNAUTH_LIMIT",
                      "REFUND_ACCOUNT_NOT_EXIST", "REFUND_CHARGE_ERROR"),
    [](const auto& code) { return std::string(code.param); });

signing::Fields report(const std::string& number, const std::string& out_biz_no,
                       const std::string& fee) {
    auto fields = GatewayWorld::paid(number);
    for (auto& [name, value] : fields) {
        if (name == "notify_id") value = "report-" + out_biz_no;
    }
    fields.emplace_back("refund_fee", fee);
    fields.emplace_back("gmt_refund", "2026-11-11 00:00:00.000");
    fields.emplace_back("out_biz_no", out_biz_no);
    return fields;
}

TEST(RefundReport, MakesARefundOfAlipaysOwnPagesARowOnceAQueryProvesIt) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    auto trade = world.little.trade("T1");
    trade.refunds.push_back({"CONSOLE1", 250});
    world.little.set("T1", trade);
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(report("T1", "CONSOLE1", "2.50"))).body,
              "success");
    world.clock.pass(seconds(1));
    world.wait_for_refund("CONSOLE1", "succeeded");
    EXPECT_EQ(world.one(id, "CONSOLE1")["origin"], "external");
    EXPECT_EQ(world.all(id)["refundable"], 750);
    EXPECT_EQ(world.refund(id, "R1", 751).json()["code"], "refund_exceeds");
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

// Alipay's own pages choose their numbers themselves.
TEST(RefundReport, ProvesANumberThatIsNotOfOurForm) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    auto trade = world.little.trade("T1");
    trade.refunds.push_back({"2026-11.退款/1", 250});
    world.little.set("T1", trade);
    world.notify(GatewayWorld::signed_body(report("T1", "2026-11.退款/1", "2.50")));
    world.clock.pass(seconds(1));
    world.wait_for_refund("2026-11.退款/1", "succeeded");
    EXPECT_EQ(world.all(id)["refundable"], 750);
}

TEST(RefundReport, AloneProvesNothing) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.notify(GatewayWorld::signed_body(report("T1", "GHOST", "2.50")));
    world.clock.pass(seconds(1));
    world.wait_for_count("SELECT queries FROM refund_report", 1);
    EXPECT_EQ(world.all(id)["refunds"].size(), 0U);
    EXPECT_EQ(world.all(id)["refundable"], 1'000);
}

TEST(RefundReport, MakesAQueryOfOurOwnRefundDue) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_answer});
    EXPECT_EQ(world.refund(id, "R1", 400).json()["status"], "unknown");
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(report("T1", "R1", "4.00"))).body, "success");
    world.clock.pass(seconds(1));
    world.wait_for_refund("R1", "succeeded");
    EXPECT_EQ(world.count("SELECT count(*) FROM refund_report"), 0);
    EXPECT_EQ(world.one(id, "R1")["origin"], "api");
}

TEST(RefundReport, ToldOfAnAmountThatIsNotOursOpensADifference) {
    RefundWorld world;
    const auto id = world.paid_payment("T1");
    world.little.next("alipay.trade.refund", {Kind::lose_request});
    world.refund(id, "R1", 400);
    auto trade = world.little.trade("T1");
    trade.refunds.push_back({"R1", 399});  // Somebody else used our number.
    world.little.set("T1", trade);
    world.clock.pass(seconds(11));
    world.wait_for_count("SELECT count(*) FROM difference WHERE class = 'refund_amount_mismatch'",
                         1);
    EXPECT_EQ(world.one(id, "R1")["status"], "unknown");
    // Another refund of the payment is another matter.
    world.little.next("alipay.trade.refund", {Kind::lose_request});
    world.refund(id, "R2", 300);
    trade.refunds.push_back({"R2", 299});
    world.little.set("T1", trade);
    world.clock.pass(seconds(11));
    world.wait_for_count("SELECT count(*) FROM difference WHERE class = 'refund_amount_mismatch'",
                         2);
}

}  // namespace
}  // namespace tollgate
