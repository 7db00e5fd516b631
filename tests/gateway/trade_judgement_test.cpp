// What follows from a query's answer, without any ledger or network.
#include "gateway/trade_judgement.h"

#include <set>

#include <gtest/gtest.h>

#include "gateway/clock_watch.h"
#include "gateway/look_schedule.h"
#include "tests/support/fakes.h"

namespace tollgate::gateway {
namespace {

using ledger::Payment;
using ledger::PaymentStatus;
using nlohmann::json;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HandClock;

const Timestamp kNow = HandClock().now();

Payment payment_of(const std::string& product, PaymentStatus status = PaymentStatus::pending) {
    Payment payment;
    payment.row = 1;
    payment.product = product;
    payment.status = status;
    payment.out_trade_no = "T1";
    payment.amount = Money::from_fen(1'000);
    payment.created_at = kNow;
    payment.updated_at = kNow;
    payment.expires_at = kNow + minutes(30);
    return payment;
}

AlipayAnswer signed_answer(json node) {
    AlipayAnswer answer;
    answer.kind = AlipayAnswer::Kind::done;
    answer.is_signed = true;
    answer.code = "10000";
    answer.node = std::move(node);
    return answer;
}

QueryFinding trade(const std::string& status, json more = json::object()) {
    json node{{"out_trade_no", "T1"},
              {"trade_no", "2026T1"},
              {"trade_status", status},
              {"total_amount", "10.00"}};
    node.update(more);
    return read_query(signed_answer(node));
}

QueryFinding no_trade() {
    AlipayAnswer answer = signed_answer(json::object());
    answer.kind = AlipayAnswer::Kind::refused;
    answer.code = "40004";
    answer.sub_code = "ACQ.TRADE_NOT_EXIST";
    return read_query(answer);
}

QueryFinding unclear() {
    return read_query(Error(ErrorCode::outcome_unknown, "timed out"));
}

TEST(QueryFinding, TellsATradeThatWasPaidAndRefundedFromOneThatWasNeverPaid) {
    using ledger::Input;
    EXPECT_EQ(input_of(trade("TRADE_CLOSED")), Input::trade_closed_unpaid);
    EXPECT_EQ(input_of(trade("TRADE_CLOSED", {{"send_pay_date", "2026-11-11 00:00:01"}})),
              Input::trade_refunded);
    EXPECT_EQ(input_of(trade("TRADE_CLOSED", {{"refund_fee", "10.00"}})), Input::trade_refunded);
    EXPECT_EQ(input_of(trade("TRADE_CLOSED", {{"refund_fee", "0.00"}})),
              Input::trade_closed_unpaid);
    EXPECT_EQ(input_of(trade("TRADE_CLOSED", {{"gmt_refund", "2026-11-11 00:00:01.5"}})),
              Input::trade_refunded);
    EXPECT_EQ(input_of(trade("WAIT_BUYER_PAY")), Input::trade_waiting);
    EXPECT_FALSE(input_of(trade("SOMETHING_NEW")));
}

TEST(QueryFinding, BelievesNothingThatIsNotWholeAndSigned) {
    using Kind = QueryFinding::Kind;
    EXPECT_EQ(unclear().kind, Kind::unclear);
    EXPECT_EQ(trade("TRADE_SUCCESS", {{"total_amount", "ten"}}).kind, Kind::unclear);
    EXPECT_EQ(trade("TRADE_SUCCESS", {{"trade_no", ""}}).kind, Kind::unclear);
    EXPECT_EQ(trade("TRADE_CLOSED", {{"send_pay_date", "yesterday"}}).kind, Kind::unclear);
    AlipayAnswer unknown;  // 20000, or unsigned: the client sorts it so.
    unknown.sub_code = "ACQ.TRADE_NOT_EXIST";
    EXPECT_EQ(read_query(unknown).kind, Kind::unclear);
    EXPECT_EQ(no_trade().kind, Kind::no_trade);
}

TEST(QueryChecks, NameWhatDoesNotFit) {
    const Payment payment = payment_of("page");
    EXPECT_EQ(failed_check(payment, trade("TRADE_SUCCESS"), std::nullopt), "");
    EXPECT_EQ(failed_check(payment, trade("TRADE_SUCCESS", {{"total_amount", "9.99"}}), {}),
              "amount_mismatch");
    EXPECT_EQ(failed_check(payment, trade("TRADE_SUCCESS", {{"out_trade_no", "T2"}}), {}),
              "out_trade_no_mismatch");
    EXPECT_EQ(failed_check(payment,
                           trade("TRADE_SUCCESS", {{"send_pay_date", "2026-11-10 23:00:00"}}), {}),
              "paid_before_created");
    Payment bound = payment;
    bound.trade_no = "2026T9";
    EXPECT_EQ(failed_check(bound, trade("TRADE_SUCCESS"), {}), "trade_no_mismatch");
    Payment other = payment;
    other.row = 2;
    EXPECT_EQ(failed_check(payment, trade("TRADE_SUCCESS"), other), "trade_no_taken");
}

// A query that finds no trade before the buyer scans is not a failure.
TEST(TimersWish, LeavesAPaymentAloneThatNobodyHasScannedYet) {
    for (const char* product : {"page", "qr", "wap", "app"}) {
        EXPECT_EQ(wish_of_timer(payment_of(product), no_trade(), {kNow + minutes(29)}),
                  TimersWish::nothing);
        EXPECT_EQ(wish_of_timer(payment_of(product), no_trade(), {kNow + minutes(39)}),
                  TimersWish::nothing);
        EXPECT_EQ(wish_of_timer(payment_of(product), no_trade(), {kNow + minutes(40)}),
                  TimersWish::expired);
    }
}

TEST(TimersWish, ClosesNothingByTimeWhileOurClockIsInDoubt) {
    const Payment payment = payment_of("page");
    EXPECT_EQ(wish_of_timer(payment, no_trade(), {kNow + hours(1), false}), TimersWish::nothing);
    EXPECT_EQ(wish_of_timer(payment, trade("WAIT_BUYER_PAY"), {kNow + hours(1), false}),
              TimersWish::nothing);
}

TEST(TimersWish, ClosesAtAlipayWhatIsOverAndStillOpenThere) {
    EXPECT_EQ(wish_of_timer(payment_of("page"), trade("WAIT_BUYER_PAY"), {kNow + minutes(30)}),
              TimersWish::close);
    EXPECT_EQ(wish_of_timer(payment_of("page"), trade("WAIT_BUYER_PAY"), {kNow + minutes(29)}),
              TimersWish::nothing);
    EXPECT_EQ(wish_of_timer(payment_of("page"), unclear(), {kNow + hours(9)}), TimersWish::nothing);
}

TEST(TimersWish, NeverTakesATradeForExpiredThatAlipayHasNumbered) {
    Payment payment = payment_of("page");
    payment.trade_no = "2026T1";
    EXPECT_EQ(wish_of_timer(payment, no_trade(), {kNow + hours(9)}), TimersWish::nothing);
}

TEST(TimersWish, CancelsABarcodePaymentInDoubtAfterTwoMinutes) {
    const Payment payment = payment_of("barcode", PaymentStatus::unknown);
    for (const QueryFinding& finding : {no_trade(), unclear()}) {
        EXPECT_EQ(wish_of_timer(payment, finding, {kNow + seconds(119)}), TimersWish::nothing);
        EXPECT_EQ(wish_of_timer(payment, finding, {kNow + minutes(2)}), TimersWish::cancel);
        // Two minutes of a clock that jumped: a copy of the call may still be on its way.
        EXPECT_EQ(wish_of_timer(payment, finding, {kNow + minutes(2), false}), TimersWish::nothing);
    }
    EXPECT_EQ(
        wish_of_timer(payment_of("qr", PaymentStatus::unknown), no_trade(), {kNow + minutes(3)}),
        TimersWish::nothing);
}

TEST(NextCall, MakesEachCallThatChangesAnythingOnceAnErrand) {
    Payment closing = payment_of("page", PaymentStatus::closing);
    EXPECT_EQ(next_call(closing, trade("WAIT_BUYER_PAY"), {}, kNow), TradeCall::close);
    EXPECT_EQ(next_call(closing, trade("WAIT_BUYER_PAY"), {.closed = true}, kNow), TradeCall::none);
    EXPECT_EQ(next_call(closing, no_trade(), {}, kNow), TradeCall::none);
    closing.cancelling = true;
    EXPECT_EQ(next_call(closing, unclear(), {}, kNow), TradeCall::cancel);
    EXPECT_EQ(next_call(closing, unclear(), {.cancelled = true}, kNow), TradeCall::none);
    const Payment unknown = payment_of("qr", PaymentStatus::unknown);
    EXPECT_EQ(next_call(unknown, no_trade(), {}, kNow), TradeCall::create);
    EXPECT_EQ(next_call(unknown, unclear(), {}, kNow), TradeCall::none);
    EXPECT_EQ(next_call(unknown, no_trade(), {}, unknown.expires_at), TradeCall::none);
}

TEST(NextCall, DoesNothingForPaymentsThatNobodyWantsToEnd) {
    Payment held = payment_of("page", PaymentStatus::closing);
    held.held = true;
    EXPECT_EQ(next_call(held, trade("WAIT_BUYER_PAY"), {}, kNow), TradeCall::none);
    for (const PaymentStatus status : {PaymentStatus::pending, PaymentStatus::paid,
                                       PaymentStatus::closed, PaymentStatus::refunded}) {
        EXPECT_EQ(next_call(payment_of("page", status), trade("WAIT_BUYER_PAY"), {}, kNow),
                  TradeCall::none);
    }
}

TEST(CancelFinding, IsBelievedOnlyWhenItSaysWhatItDid) {
    using Kind = CancelFinding::Kind;
    const auto kind = [](json node) { return read_cancel(signed_answer(std::move(node))).kind; };
    EXPECT_EQ(kind({{"action", "close"}, {"retry_flag", "N"}}), Kind::closed);
    EXPECT_EQ(kind({{"action", "refund"}, {"retry_flag", "N"}}), Kind::refunded);
    EXPECT_EQ(kind({{"action", "close"}, {"retry_flag", "Y"}}), Kind::again);
    EXPECT_EQ(kind({{"retry_flag", "N"}}), Kind::nothing);
    EXPECT_EQ(kind({{"action", "dance"}}), Kind::again);
    EXPECT_EQ(read_cancel(Error(ErrorCode::outcome_unknown, "lost")).kind, Kind::again);
}

TEST(LookSchedule, NeverLooksPastTheMomentsAtWhichTimeIsOver) {
    SeededRandom dice(7);
    for (const char* product : {"page", "wap", "app", "qr", "jsapi", "barcode"}) {
        for (const PaymentStatus status :
             {PaymentStatus::pending, PaymentStatus::unknown, PaymentStatus::closing}) {
            const Payment payment = payment_of(product, status);
            Timestamp now = kNow;
            bool at_expiry = false;
            bool at_grace = false;
            int looks = 0;
            while (now < payment.expires_at + hours(2)) {
                const auto next = next_look(payment, now, dice);
                ASSERT_TRUE(next);
                ASSERT_GT(*next, now);
                now = *next;
                ++looks;
                const auto just_after = [&](Timestamp end) {
                    return now >= end && now - end < seconds(30);
                };
                at_expiry = at_expiry || just_after(payment.expires_at);
                at_grace = at_grace || just_after(payment.expires_at + kExpiryGrace);
            }
            EXPECT_TRUE(at_expiry && at_grace) << product << name_of(status);
            EXPECT_LT(looks, 250) << product << name_of(status);
        }
    }
}

TEST(LookSchedule, SpreadsPaymentsThatWereMadeAtOnce) {
    SeededRandom dice(7);
    const Payment payment = payment_of("page");
    std::set<std::int64_t> looks;
    for (int i = 0; i < 100; ++i) looks.insert(next_look(payment, kNow, dice)->ms);
    EXPECT_GT(looks.size(), 90U);
}

TEST(LookSchedule, LeavesAloneWhatIsOverOrHeld) {
    SeededRandom dice(7);
    Payment held = payment_of("page");
    held.held = true;
    EXPECT_FALSE(next_look(held, kNow, dice));
    EXPECT_FALSE(next_look(payment_of("page", PaymentStatus::closed), kNow, dice));
    EXPECT_FALSE(next_look(payment_of("page", PaymentStatus::paid), kNow, dice));
}

TEST(ClockWatch, TrustsOurClockAsLongAsAlipaysIsNotAMinuteAway) {
    HandClock clock;
    testing::TestLog log(clock);
    ClockWatch watch(log.get());
    // 2026-11-11T00:00:00+08:00 is 16:00:00 on the 10th, a Tuesday.
    watch.note("Tue, 10 Nov 2026 16:00:59 GMT", kNow, kNow + milliseconds(300));
    EXPECT_TRUE(watch.trusted());
    watch.note("Tue, 10 Nov 2026 16:01:02 GMT", kNow, kNow + milliseconds(300));
    EXPECT_FALSE(watch.trusted());
    EXPECT_LT(watch.ahead().count(), -60'000);
    watch.note("nonsense", kNow, kNow);
    EXPECT_FALSE(watch.trusted());
    // A slow answer is no wrong clock.
    watch.note("Tue, 10 Nov 2026 16:00:00 GMT", kNow, kNow + seconds(60));
    EXPECT_TRUE(watch.trusted());
    // One that is slower than any call may be: our clock has jumped meanwhile.
    watch.note("Tue, 10 Nov 2026 16:00:00 GMT", kNow, kNow + minutes(2));
    EXPECT_FALSE(watch.trusted());
    EXPECT_EQ(watch.ahead(), minutes(2));
    watch.note("Tue, 10 Nov 2026 16:02:00 GMT", kNow + minutes(2), kNow + minutes(2));
    EXPECT_TRUE(watch.trusted());
    watch.note("Tue, 10 Nov 2026 15:58:59 GMT", kNow, kNow);
    EXPECT_FALSE(watch.trusted());
}

}  // namespace
}  // namespace tollgate::gateway
