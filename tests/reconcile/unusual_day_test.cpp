// Rules of the comparison that only an unusual day shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reconcile/reconcile_world.h"

namespace tollgate::gateway::reconcile {
namespace {

using ledger::PaymentStatus;
using testing::bill_of;
using testing::BillMaker;
using ::testing::ElementsAre;
using testing::given_back;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::money;
using testing::Movement;
using testing::ReconcileWorld;

TEST(StatusAhead, IsOnlyWhatNeitherSideShows) {
    ReconcileWorld world;
    // The bill knows of all that the ledger does not.
    auto there = world.paid("there", "A1");
    world.move(there, PaymentStatus::refunded, std::nullopt, "2026-11-10 14:00:00");
    // The ledger has refunds for all of it: the bill's part of it is another class.
    auto here = world.paid("here", "A2");
    world.refund(here, "R2", 600);
    world.refund(here, "R3", 400);
    world.move(here, PaymentStatus::refunded, std::nullopt, "2026-11-10 14:00:00");
    // Refunded a day later: that day's bill will tell.
    auto later = world.paid("later", "A3");
    world.move(later, PaymentStatus::refunded, std::nullopt, "2026-11-11 01:00:00");
    const auto report = world.run(
        bill_of({money("there", "A1"), given_back("there", "A1", "R1", 1'000), money("here", "A2"),
                 given_back("here", "A2", "R2", 600), money("later", "A3")}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(ReconcileWorld::found(*report),
                ElementsAre("refund_differs opened here", "refund_differs opened there"));
}

TEST(Funds, TakeBackTheFeeOfWhatWasGivenBack) {
    ReconcileWorld world;
    const auto payment = world.paid("T1", "A1");
    world.refund(payment, "R1", 500);
    BillMaker bill = bill_of({money("T1", "A1"), given_back("T1", "A1", "R1", 500)});
    bill.movements[0].fee_fen = 6;
    bill.movements[1].fee_fen = 3;
    const auto report = world.run(bill, true);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(report->rows, IsEmpty());
}

TEST(Funds, OfForeignLinesAreNobodysBusiness) {
    ReconcileWorld world;
    world.paid("SHOP-1", "A1");
    world.seller.apps = {{.app = "shop", .prefixes = {"SHOP-"}}};
    const BillMaker bill = bill_of({money("SHOP-1", "A1"), money("TILL-1", "A2")});
    BillMaker funds = bill;
    funds.movements[1].fen = 900;
    write_trade_bill(world.world.folder.file("trade.zip"), bill);
    write_fund_bill(world.world.folder.file("fund.zip"), funds);
    const auto report =
        world.run_files({world.world.folder.file("trade.zip"), world.world.folder.file("fund.zip")},
                        ReconcileWorld::day("2026-11-10"));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(ReconcileWorld::found(*report), ElementsAre("foreign foreign TILL-1"));
}

TEST(Funds, AreNoTradeBill) {
    ReconcileWorld world;
    world.paid("T1", "A1");
    write_fund_bill(world.world.folder.file("fund.zip"), bill_of({money("T1", "A1")}));
    const auto report =
        world.run_files({world.world.folder.file("fund.zip")}, ReconcileWorld::day("2026-11-10"));
    ASSERT_FALSE(report);
    EXPECT_THAT(report.error().message(), HasSubstr("no trade bill"));
    EXPECT_EQ(world.text("SELECT count(*) FROM difference"), "0");
}

TEST(FirstDay, WaitsForNoDayBeforeIt) {
    ReconcileWorld world;
    world.paid("gone", "A1", 1'000, "2026-11-10 00:10:00");
    EXPECT_THAT(ReconcileWorld::found(*world.run(bill_of({}))),
                ElementsAre("missing_at_alipay opened gone"));
}

TEST(Repair, FollowsTheAppsRuleForLateMoney) {
    ReconcileWorld world;
    world.seller.apps.front().rules.late = config::LatePolicy::refund;
    auto closed = world.pending("closed");
    world.move(closed, PaymentStatus::closed);
    ASSERT_TRUE(world.run(bill_of({money("closed", "A1")})));
    EXPECT_EQ(world.text("SELECT origin || ' ' || status || ' ' || amount_fen FROM refund"),
              "policy requested 1000");
}

// Both sides are read again by whoever acts.
TEST(Applying, LeavesAloneWhatAgreesByNow) {
    ReconcileWorld world;
    auto behind = world.pending("behind");
    world.before_unit = [&](int unit) {
        if (unit != 2) return;
        world.move(behind, PaymentStatus::paid, "A1");
        world.paid("unknown", "A2");
    };
    const auto report = world.run(bill_of({money("behind", "A1"), money("unknown", "A2")}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(ReconcileWorld::found(*report),
                ElementsAre("missing_here gone unknown", "status_behind gone behind"));
    EXPECT_EQ(world.text("SELECT count(*) FROM difference"), "0");
    EXPECT_EQ(world.text("SELECT count(*) FROM transition WHERE cause = 'bill'"), "0");
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
