// The decisions by themselves.
#include "gateway/reconcile/classify.h"

#include <gtest/gtest.h>

#include "base/time_text.h"
#include "gateway/cli/progress.h"
#include "gateway/reconcile/daily.h"

namespace tollgate::gateway::reconcile {
namespace {

using ledger::PaymentStatus;

Timestamp at(const std::string& beijing) {
    return *parse_beijing(beijing);
}

TEST(Classify, EveryStatusBesideMoneyThatAlipayHas) {
    const BilledPayment billed{
        .amount = Money::from_fen(1'000), .trade_no = "A1", .done_at = at("2026-11-10 12:00:00")};
    for (const PaymentStatus status : ledger::kPaymentStatuses) {
        const ledger::PaymentLine ours{.status = status,
                                       .amount = Money::from_fen(1'000),
                                       .created_at = at("2026-11-10 11:00:00")};
        const bool has_money = status == PaymentStatus::paid || status == PaymentStatus::finished ||
                               status == PaymentStatus::refunded;
        EXPECT_EQ(compare_payment(billed, ours),
                  has_money ? std::nullopt : std::optional(BillClass::status_behind))
            << name_of(status);
        EXPECT_EQ(may_repair(billed, ours), !has_money) << name_of(status);
    }
}

TEST(Classify, APaymentOfAnotherTradeOrAmountIsNeverMoved) {
    const BilledPayment billed{
        .amount = Money::from_fen(1'000), .trade_no = "A1", .done_at = at("2026-11-10 12:00:00")};
    ledger::PaymentLine ours{.amount = Money::from_fen(1'001),
                             .created_at = at("2026-11-10 11:00:00")};
    EXPECT_EQ(compare_payment(billed, ours), BillClass::amount_differs);
    EXPECT_FALSE(may_repair(billed, ours));
    ours.trade_no = "A2";
    EXPECT_EQ(compare_payment(billed, ours), BillClass::trade_no_differs);
    EXPECT_FALSE(may_repair(billed, ours));
}

TEST(Classify, OnlyMomentsNearMidnightHaveNeighbours) {
    EXPECT_TRUE(payment_neighbours(at("2026-11-10 00:00:00")).previous);
    EXPECT_TRUE(payment_neighbours(at("2026-11-10 00:29:59")).previous);
    EXPECT_FALSE(payment_neighbours(at("2026-11-10 00:30:00")).previous);
    EXPECT_FALSE(payment_neighbours(at("2026-11-10 23:29:59")).next);
    EXPECT_TRUE(payment_neighbours(at("2026-11-10 23:30:00")).next);
    // What proved a refund may have come a day after it.
    EXPECT_TRUE(refund_neighbours(at("2026-11-10 12:00:00")).previous);
    EXPECT_FALSE(refund_neighbours(at("2026-11-10 12:00:00")).next);
}

TEST(Classify, KnowsWhoseNumberItIs) {
    const std::vector<AppNumbers> named = {{.app = "shop", .prefixes = {"S-", "T-"}},
                                           {.app = "books", .prefixes = {"B-"}}};
    const Timestamp first = at("2026-01-01 00:00:00");
    const Timestamp now = at("2026-11-10 12:00:00");
    EXPECT_EQ(owner_of("T-1", now, first, named)->app, "shop");
    EXPECT_EQ(owner_of("B-1", now, first, named)->app, "books");
    EXPECT_EQ(owner_of("X-1", now, first, named), nullptr);
    const std::vector<AppNumbers> open = {{.app = "books", .prefixes = {"B-"}},
                                          {.app = "shop", .prefixes = {}}};
    EXPECT_EQ(owner_of("X-1", now, first, open)->app, "shop");
    EXPECT_EQ(owner_of("", now, first, open), nullptr);
    EXPECT_EQ(owner_of("X-1", at("2025-12-31 23:59:59"), first, open), nullptr);
    EXPECT_EQ(owner_of("X-1", now, std::nullopt, open), nullptr);
    // Bills say the second alone: one that was made in the second of our first may be ours.
    EXPECT_EQ(owner_of("X-1", first, first + std::chrono::milliseconds(999), open)->app, "shop");
}

TEST(DailySchedule, BillsAreThereFromTenInTheMorning) {
    EXPECT_EQ(last_billed_day(at("2026-11-11 09:59:59")).text(), "2026-11-09");
    EXPECT_EQ(last_billed_day(at("2026-11-11 10:00:00")).text(), "2026-11-10");
    EXPECT_EQ(last_billed_day(at("2026-03-01 10:00:00")).text(), "2026-02-28");
}

TEST(DailySchedule, WaitsLongerEachTimeButNeverMoreThanAnHour) {
    using std::chrono::minutes;
    EXPECT_EQ(retry_wait(1, false), minutes(10));
    EXPECT_EQ(retry_wait(2, false), minutes(20));
    EXPECT_EQ(retry_wait(3, false), minutes(40));
    EXPECT_EQ(retry_wait(4, false), minutes(60));
    EXPECT_EQ(retry_wait(1'000'000, false), minutes(60));
    EXPECT_EQ(retry_wait(1, true), minutes(360));
}

TEST(Progress, ShowsHowFarItIs) {
    EXPECT_EQ(cli::progress_line("lines", 1, 2),
              "lines     [####################--------------------]  50%");
    EXPECT_EQ(cli::progress_line("lines", 5, 2),
              "lines     [########################################] 100%");
    EXPECT_EQ(cli::progress_line("reading", 0, 0), "reading …");
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
