#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/method_world.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

class Cancelling : public MethodWorldTest {
protected:
    Json cancel(const char* out_trade_no = "T_1") {
        const auto handled = run("trade.cancel", {{"out_trade_no", out_trade_no}});
        EXPECT_TRUE(handled) << handled.error().message();
        return handled ? handled->node : Json();
    }
    std::string refused() { return code("trade.cancel", {{"out_trade_no", "T_1"}}); }
    void have_waiting() { ASSERT_TRUE(run("trade.page.pay", biz_of_page_pay())); }
};

TEST_F(Cancelling, ClosesWhatWaits) {
    have_waiting();
    const Json first = cancel();
    EXPECT_EQ(first["action"], "close");
    EXPECT_EQ(first["retry_flag"], "N");
    EXPECT_EQ(status(), "TRADE_CLOSED");
    EXPECT_EQ(cancel()["action"], "close");
    EXPECT_EQ(seen_.back(), TradeEvent::closed);
    EXPECT_TRUE(notices_.empty());
}

TEST_F(Cancelling, RefundsWhatWasPaidOnce) {
    have_paid();
    const Json first = cancel();
    EXPECT_EQ(first["action"], "refund");
    EXPECT_TRUE(first.contains("gmt_refund_pay"));
    EXPECT_EQ(status(), "TRADE_CLOSED");
    EXPECT_EQ(cancel()["action"], "refund");
    ASSERT_EQ(notices_.size(), 1U);
    EXPECT_EQ(value_of(notices_.front().fields, "refund_fee"), "88.80");
    const auto query =
        run("trade.fastpay.refund.query", {{"out_trade_no", "T_1"}, {"out_request_no", "T_1"}});
    EXPECT_EQ(query->node["refund_amount"], "88.80");
}

TEST_F(Cancelling, FindsNothingToCancel) {
    const Json nothing = cancel("T_9");
    EXPECT_FALSE(nothing.contains("action"));
    EXPECT_EQ(nothing["retry_flag"], "N");
    EXPECT_EQ(nothing["out_trade_no"], "T_9");
    EXPECT_EQ(code("trade.cancel", Json::object()), "ACQ.INVALID_PARAMETER");
}

TEST_F(Cancelling, IsPossibleForADay) {
    have_paid();
    clock_.pass(hours(24));
    EXPECT_EQ(refused(), "");
    have_paid("T_2");
    clock_.pass(hours(24) + milliseconds(1));
    EXPECT_EQ(code("trade.cancel", {{"out_trade_no", "T_2"}}), "ACQ.TRADE_CANCEL_TIME_OUT");
    EXPECT_EQ(status("T_2"), "TRADE_SUCCESS");
}

TEST_F(Cancelling, RefusesWhatWasPartlyRefundedOrIsFinished) {
    have_paid();
    ASSERT_TRUE(
        run("trade.refund",
            {{"out_trade_no", "T_1"}, {"refund_amount", "1.00"}, {"out_request_no", "R_1"}}));
    EXPECT_EQ(refused(), "ACQ.REASON_TRADE_REFUND_FEE_ERR");
    have_paid("T_2");
    const Trade* trade = books_.trades.by_out_trade_no(kSellerId, "T_2");
    ASSERT_TRUE(books_.trades.finish(trade->trade_no, clock_.now()));
    EXPECT_EQ(code("trade.cancel", {{"out_trade_no", "T_2"}}), "ACQ.TRADE_HAS_FINISHED");
}

TEST_F(Cancelling, CloseReportsToItsOwnAddressToo) {
    have_waiting();
    const auto closed = run("trade.close", {{"out_trade_no", "T_1"}});
    ASSERT_TRUE(closed);
    ASSERT_EQ(closed->notices.size(), 1U);
    EXPECT_EQ(closed->notices.front().url, "http://127.0.0.1/n");
    EXPECT_EQ(value_of(closed->notices.front().fields, "trade_status"), "TRADE_CLOSED");
}

TEST_F(Cancelling, MoneyMayArriveAfterTheClosing) {
    have_waiting();
    ASSERT_TRUE(run("trade.close", {{"out_trade_no", "T_1"}}));
    const Trade* trade = books_.trades.by_out_trade_no(kSellerId, "T_1");
    ASSERT_TRUE(books_.trades.pay_late(trade->trade_no, clock_.now()));
    EXPECT_EQ(status(), "TRADE_SUCCESS");
    EXPECT_FALSE(books_.trades.pay_late(trade->trade_no, clock_.now()));
}

}  // namespace
}  // namespace tollgate::sandbox
