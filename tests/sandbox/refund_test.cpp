#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/method_world.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::HasSubstr;

class Refunds : public MethodWorldTest {
protected:
    Refunds() { have_paid(); }

    static Json asked(const char* number, const char* amount) {
        return {{"out_trade_no", "T_1"}, {"refund_amount", amount}, {"out_request_no", number}};
    }
    // The answer, 3 s after whatever was before.
    Json refund(const char* number, const char* amount) {
        clock_.pass(seconds(3));
        const auto handled = run("trade.refund", asked(number, amount));
        EXPECT_TRUE(handled) << handled.error().message();
        return handled ? handled->node : Json();
    }
    std::string refused(const char* number, const char* amount) {
        clock_.pass(seconds(3));
        return code("trade.refund", asked(number, amount));
    }
    Json found(const char* number) {
        const auto handled = run("trade.fastpay.refund.query",
                                 {{"out_trade_no", "T_1"},
                                  {"out_request_no", number},
                                  {"query_options", {"gmt_refund_pay", "deposit_back_info"}}});
        EXPECT_TRUE(handled);
        return handled ? handled->node : Json();
    }
};

TEST_F(Refunds, AddUpToTheTotalAndCloseTheTrade) {
    const Json first = refund("R_1", "8.80");
    EXPECT_EQ(first["fund_change"], "Y");
    EXPECT_EQ(first["refund_fee"], "8.80");
    EXPECT_EQ(status(), "TRADE_SUCCESS");
    const Json second = refund("R_2", "30.00");
    EXPECT_EQ(second["refund_fee"], "38.80");  // All of it so far, not this one.
    EXPECT_EQ(second["send_back_fee"], "30.00");
    EXPECT_EQ(refused("R_3", "50.01"), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL");
    EXPECT_EQ(refund("R_3", "50.00")["refund_fee"], "88.80");
    EXPECT_EQ(status(), "TRADE_CLOSED");
    EXPECT_EQ(refused("R_4", "0.01"), "ACQ.TRADE_HAS_CLOSE");
    const auto query = run("trade.query", {{"out_trade_no", "T_1"}});
    EXPECT_TRUE(query->node.contains("send_pay_date"));  // Paid once, whatever came later.
}

TEST_F(Refunds, TheSameNumberMovesMoneyOnce) {
    refund("R_1", "8.80");
    const Json again = refund("R_1", "8.80");
    EXPECT_EQ(again["fund_change"], "N");
    EXPECT_EQ(again["refund_fee"], "8.80");
    EXPECT_EQ(refused("R_1", "8.81"), "ACQ.DISCORDANT_REPEAT_REQUEST");
    EXPECT_EQ(refund("R_2", "80.00")["fund_change"], "Y");
    // Also once the trade has been closed by them.
    EXPECT_EQ(refund("R_1", "8.80")["fund_change"], "N");
    EXPECT_EQ(notices_.size(), 2U);
}

TEST_F(Refunds, AreThreeSecondsApart) {
    refund("R_1", "1.00");
    clock_.pass(std::chrono::milliseconds(2'999));
    EXPECT_EQ(code("trade.refund", asked("R_2", "1.00")), "ACQ.SYSTEM_ERROR");
    EXPECT_EQ(run("trade.refund", asked("R_1", "1.00"))->node["fund_change"], "N");
    EXPECT_EQ(found("R_2").size(), 0U);
    clock_.pass(std::chrono::milliseconds(1));
    EXPECT_EQ(code("trade.refund", asked("R_2", "1.00")), "");
}

TEST_F(Refunds, WithoutANumberOnlyTheWhole) {
    const Json part = {{"out_trade_no", "T_1"}, {"refund_amount", "1.00"}};
    EXPECT_THAT(refusal("trade.refund", part), HasSubstr("out_request_no"));
    const Json whole = {{"out_trade_no", "T_1"}, {"refund_amount", "88.80"}};
    EXPECT_EQ(code("trade.refund", whole), "");
    EXPECT_EQ(found("T_1")["refund_status"], "REFUND_SUCCESS");
}

TEST_F(Refunds, AreReportedWithTheirNumber) {
    refund("R_1", "8.80");
    refund("R_2", "80.00");
    const Fields& part = notices_.at(0).fields;
    EXPECT_EQ(value_of(part, "trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(value_of(part, "out_biz_no"), "R_1");
    EXPECT_EQ(value_of(part, "refund_fee"), "8.80");
    EXPECT_EQ(value_of(part, "gmt_refund"), "2026-11-11 00:00:03.000");
    EXPECT_FALSE(has_field(part, "gmt_close"));
    EXPECT_TRUE(has_field(part, "gmt_payment"));
    const Fields& rest = notices_.at(1).fields;
    EXPECT_EQ(value_of(rest, "trade_status"), "TRADE_CLOSED");
    EXPECT_EQ(value_of(rest, "out_biz_no"), "R_2");
    EXPECT_EQ(value_of(rest, "refund_fee"), "88.80");
    EXPECT_TRUE(has_field(rest, "gmt_close"));
}

TEST_F(Refunds, AQueryOfAnUnknownNumberSaysNothing) {
    EXPECT_TRUE(found("R_1").empty());
    refund("R_1", "8.80");
    const Json known = found("R_1");
    EXPECT_EQ(known["refund_amount"], "8.80");
    EXPECT_EQ(known["total_amount"], "88.80");
    EXPECT_EQ(known["gmt_refund_pay"], "2026-11-11 00:00:03");
    EXPECT_EQ(known["deposit_back_info"]["has_deposit_back"], "false");
    EXPECT_EQ(
        code("trade.fastpay.refund.query", {{"out_trade_no", "T_9"}, {"out_request_no", "R_1"}}),
        "ACQ.TRADE_NOT_EXIST");
    EXPECT_EQ(code("trade.fastpay.refund.query", {{"out_trade_no", "T_1"}}),
              "ACQ.INVALID_PARAMETER");
}

TEST_F(Refunds, EndWithTheWindow) {
    clock_.pass(hours(365 * 24) - seconds(4));
    EXPECT_EQ(refused("R_1", "1.00"), "");
    EXPECT_EQ(refused("R_2", "1.00"), "ACQ.TRADE_HAS_FINISHED");
    EXPECT_EQ(status(), "TRADE_FINISHED");
    EXPECT_EQ(refused("R_1", "1.00"), "");  // The answer of then.
}

TEST_F(Refunds, OfWhatWasNotPaid) {
    Json biz = biz_of_page_pay();
    biz["out_trade_no"] = "T_2";
    ASSERT_TRUE(run("trade.page.pay", biz));
    const Json asked = {{"out_trade_no", "T_2"}, {"refund_amount", "88.80"}};
    EXPECT_EQ(code("trade.refund", asked), "ACQ.TRADE_STATUS_ERROR");
    ASSERT_TRUE(run("trade.close", {{"out_trade_no", "T_2"}}));
    EXPECT_EQ(code("trade.refund", asked), "ACQ.TRADE_HAS_CLOSE");
    EXPECT_EQ(code("trade.refund", {{"out_trade_no", "T_3"}, {"refund_amount", "1"}}),
              "ACQ.TRADE_NOT_EXIST");
    app_ = 1;
    EXPECT_EQ(code("trade.refund", {{"out_trade_no", "T_1"}, {"refund_amount", "88.80"}}),
              "ACQ.TRADE_NOT_EXIST");
}

TEST_F(Refunds, NameEveryWrongField) {
    const std::vector<std::pair<const char*, Json>> mistakes = {
        {"refund_amount", 8.8},     {"refund_amount", "0"},
        {"refund_amount", "1.001"}, {"refund_reason", std::string(257, 'a')},
        {"out_request_no", "a-b"},  {"out_request_no", std::string(65, 'a')},
        {"query_options", "x"},     {"refund_goods_detail", "x"},
        {"operator_id", 7},         {"surprise", "x"},
    };
    for (const auto& [name, value] : mistakes) {
        Json biz = asked("R_1", "8.80");
        biz[name] = value;
        EXPECT_THAT(refusal("trade.refund", biz), HasSubstr(name)) << to_text(value);
    }
    EXPECT_TRUE(found("R_1").empty());
    Json dollars = asked("R_1", "8.80");
    dollars["refund_currency"] = "USD";
    EXPECT_EQ(code("trade.refund", dollars), "ACQ.CURRENCY_NOT_SUPPORT");
}

TEST(TradeBook, ForgetsTheOldestAndHoldsNoMoreThanItMay) {
    HandClock clock;
    CountingEntropy entropy;
    TradeBook trades(entropy, {.trades_max = 2, .refunds_max = 2});
    const auto open = [&](const char* number) {
        return *trades.open({.seller_id = kSellerId,
                             .out_trade_no = number,
                             .total = Money::from_fen(100),
                             .expires_at = clock.now() + hours(1)},
                            clock.now());
    };
    const std::string first = open("T_1")->trade_no;
    open("T_2");
    const std::string last = open("T_3")->trade_no;
    EXPECT_EQ(trades.by_trade_no(first), nullptr);
    EXPECT_EQ(trades.newest(10).size(), 2U);
    ASSERT_TRUE(trades.pay(last, clock.now()));
    for (const char* number : {"R_1", "R_2", "R_3"}) {
        clock.pass(seconds(3));
        const auto refund = trades.refund(
            last, {.out_request_no = number, .amount = Money::from_fen(1)}, clock.now());
        EXPECT_EQ(refund.has_value(), std::string_view(number) != "R_3");
    }
    clock.pass(hours(2));
    EXPECT_EQ(trades.expire(clock.now()), 1U);  // T_2; what was forgotten is not closed.
}

}  // namespace
}  // namespace tollgate::sandbox
