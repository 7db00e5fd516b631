// A day of a real ledger against bills as Alipay writes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

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

TEST(Reconcile, FindsNothingWhereBothSidesAgree) {
    ReconcileWorld world;
    const auto one = world.paid("T1", "A1");
    world.paid("T2", "A2", 2'500);
    world.refund(one, "R1", 300);
    const auto report = world.run(
        bill_of({money("T1", "A1"), money("T2", "A2", 2'500), given_back("T1", "A1", "R1", 300)}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(report->rows, IsEmpty());
    EXPECT_EQ(report->counts.matched, 3);
    EXPECT_FALSE(report->has_differences());
    EXPECT_EQ(world.text("SELECT status FROM reconciliation"), "complete");
    EXPECT_EQ(world.text("SELECT count(*) FROM event"), "0");
}

TEST(Reconcile, SortsEveryDifferenceIntoItsClass) {
    ReconcileWorld world;
    world.paid("amount", "A1");
    world.paid("trade", "A2");
    world.paid("gone", "A3");
    const auto refunding = world.paid("refunding", "A4");
    world.refund(refunding, "here_only", 100);
    world.refund(refunding, "amount", 200);
    world.refund(refunding, "not_yet", 50, "processing");
    auto ahead = world.paid("ahead", "A5");
    world.move(ahead, PaymentStatus::refunded, std::nullopt, "2026-11-10 14:00:00");
    const auto report = world.run(bill_of(
        {money("amount", "A1", 999), money("trade", "A9"), money("refunding", "A4"),
         given_back("refunding", "A4", "amount", 201), given_back("refunding", "A4", "not_yet", 50),
         given_back("refunding", "A4", "there_only", 10), money("ahead", "A5"),
         money("unknown", "A7")}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(ReconcileWorld::found(*report),
                ElementsAre("amount_differs opened amount", "missing_at_alipay opened gone",
                            "missing_here opened unknown", "refund_differs opened refunding",
                            "refund_differs opened refunding", "refund_differs opened refunding",
                            "refund_differs opened refunding", "status_ahead opened ahead",
                            "trade_no_differs opened trade"));
    EXPECT_TRUE(report->has_differences());
    EXPECT_EQ(world.text("SELECT count(*) FROM difference"), "9");
    EXPECT_EQ(world.text("SELECT count(*) FROM event WHERE type = 'difference.opened'"), "9");
    EXPECT_EQ(world.text("SELECT trade_no FROM difference WHERE evidence LIKE '%there_only%'"),
              "A4/there_only");
}

TEST(Reconcile, RepairsWhatAlipayHasAsPaid) {
    ReconcileWorld world;
    world.pending("pending");
    auto closing = world.pending("closing");
    world.move(closing, PaymentStatus::closing);
    auto unknown = world.pending("unknown");
    world.move(unknown, PaymentStatus::unknown);
    auto closed = world.pending("closed");
    world.move(closed, PaymentStatus::closed);
    const auto report = world.run(bill_of({money("pending", "A1"), money("closing", "A2"),
                                           money("unknown", "A3"), money("closed", "A4")}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(ReconcileWorld::found(*report),
                ElementsAre("status_behind repaired closed", "status_behind repaired closing",
                            "status_behind repaired pending", "status_behind repaired unknown"));
    EXPECT_FALSE(report->has_differences());
    EXPECT_EQ(world.text("SELECT count(*) FROM payment WHERE status = 'paid' AND trade_no IS NOT"
                         " NULL AND paid_ms = " +
                         std::to_string(ReconcileWorld::at("2026-11-10 12:00:00").ms)),
              "4");
    EXPECT_EQ(world.text("SELECT late FROM payment WHERE out_trade_no = 'closed'"), "1");
    EXPECT_EQ(world.text("SELECT count(*) FROM event WHERE type = 'payment.paid'"), "4");
    EXPECT_THAT(world.text("SELECT cause || ' ' || cause_id FROM transition WHERE payment ="
                           " (SELECT id FROM payment WHERE out_trade_no = 'pending')"
                           " AND version = 2"),
                HasSubstr("bill rec_"));
    EXPECT_EQ(world.text("SELECT repaired || ' ' || opened FROM reconciliation"), "4 0");
}

TEST(Reconcile, NeverAnnouncesMoneyAsHereThatTheSameBillGivesBack) {
    ReconcileWorld world;
    world.pending("back");
    world.pending("part");
    const auto report = world.run(bill_of({money("back", "A1"), given_back("back", "A1", "R1", 400),
                                           given_back("back", "A1", "R2", 600), money("part", "A2"),
                                           given_back("part", "A2", "R3", 999)}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_EQ(report->count_of(Fate::repaired), 2);
    EXPECT_EQ(world.text("SELECT group_concat(out_trade_no || ' ' || status) FROM payment"),
              "back refunded,part paid");
    EXPECT_EQ(world.text("SELECT group_concat(type) FROM event WHERE payment ="
                         " (SELECT id FROM payment WHERE out_trade_no = 'back')"
                         " AND type LIKE 'payment.%'"),
              "payment.paid,payment.refunded");
    // The refunds are not ours: queries will prove them.
    EXPECT_EQ(world.text("SELECT group_concat(out_request_no) FROM refund_report"), "R1,R2,R3");
}

TEST(Reconcile, NeverRepairsOnEvidenceThatDoesNotFit) {
    ReconcileWorld world;
    world.pending("amount");
    world.pending("early", 1'000, "2026-11-10 12:30:00");
    world.pending("taken");
    world.paid("holder", "A3");
    const auto report = world.run(bill_of({money("amount", "A1", 999), money("early", "A2"),
                                           money("taken", "A3"), money("holder", "A3")}));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_THAT(ReconcileWorld::found(*report),
                ElementsAre("amount_differs opened amount", "status_behind opened early",
                            "status_behind opened taken"));
    EXPECT_EQ(world.text("SELECT count(*) FROM payment WHERE status = 'pending'"), "3");
    // No timer may close what the money may have been meant for.
    EXPECT_EQ(world.text("SELECT held FROM payment WHERE out_trade_no = 'amount'"), "1");
}

TEST(Reconcile, RunningADayTwiceChangesNothing) {
    ReconcileWorld world;
    world.pending("behind");
    world.paid("gone", "A3");
    const BillMaker bill = bill_of({money("behind", "A1"), money("unknown", "A7")});
    ASSERT_TRUE(world.run(bill));
    const auto once = world.written();
    const auto again = world.run(bill);
    ASSERT_TRUE(again);
    EXPECT_EQ(world.written(), once);
    EXPECT_EQ(again->count_of(Fate::opened), 0);
    EXPECT_EQ(again->count_of(Fate::known), 2);
    EXPECT_TRUE(again->has_differences());
    // What somebody has settled is no news any more.
    world.execute("UPDATE difference SET status = 'settled'");
    EXPECT_FALSE(world.run(bill)->has_differences());
}

TEST(Reconcile, ComesToTheSameEndWhereverItIsCutShort) {
    const auto prepare = [](ReconcileWorld& world) {
        // More than one unit's work.
        std::vector<Movement> movements;
        for (int i = 0; i < 450; ++i) {
            const std::string number = "T" + std::to_string(i);
            if (i % 3 == 0) world.pending(number);
            movements.push_back(money(number, "A" + std::to_string(i)));
        }
        world.paid("gone", "B1");
        world.paid("late", "B2", 1'000, "2026-11-10 23:59:30");
        return bill_of(movements);
    };
    ReconcileWorld whole;
    const BillMaker bill = prepare(whole);
    ASSERT_TRUE(whole.run(bill));
    for (int units = 0; units < 6; ++units) {
        ReconcileWorld world;
        prepare(world);
        world.units_left = units;
        const auto cut = world.run(bill);
        if (units < 5) {
            ASSERT_FALSE(cut) << units;
            EXPECT_NE(world.text("SELECT status FROM reconciliation"), "complete");
        }
        world.units_left = 1'000'000;
        world.world.reopen();
        ASSERT_TRUE(world.run(bill));
        EXPECT_EQ(world.written(), whole.written()) << "after " << units << " units";
    }
}

TEST(Reconcile, LeavesForeignLinesAlone) {
    ReconcileWorld world;
    world.paid("SHOP-1", "A1");
    world.seller.apps = {{.app = "shop", .prefixes = {"SHOP-"}},
                         {.app = "books", .prefixes = {"BOOK-"}}};
    const auto report =
        world.run(bill_of({money("SHOP-1", "A1"), money("TILL-7", "A2"), money("", "A3"),
                           money("BOOK-9", "A4"), given_back("TILL-7", "A2", "R1", 100)}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count_of(Fate::foreign), 3);
    EXPECT_EQ(world.text("SELECT group_concat(app || ' ' || class || ' ' || trade_no)"
                         " FROM difference"),
              "books missing_here A4");
}

TEST(Reconcile, TakesNoLineFromBeforeTheFirstPaymentForItsOwn) {
    ReconcileWorld world;
    world.pending("T1", 1'000, "2026-11-10 18:00:00");
    const auto report = world.run(bill_of({money("old-system", "A1")}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count_of(Fate::foreign), 1);
    EXPECT_FALSE(report->has_differences());
}

TEST(Reconcile, ComparesFeesAndIncomeWithTheFundBill) {
    ReconcileWorld world;
    BillMaker bill;
    for (const char* number : {"fits", "fee", "income", "back"}) {
        const std::string trade_no = std::string("A-") + number;
        const auto payment = world.paid(number, trade_no);
        world.refund(payment, std::string("R-") + number, 100);
        bill.movements.push_back(money(number, trade_no));
        bill.movements.back().fee_fen = 6;
        bill.movements.push_back(given_back(number, trade_no, std::string("R-") + number, 100));
    }
    BillMaker funds = bill;
    funds.movements[2].fee_fen = 7;
    funds.movements[4].fen = 990;
    funds.movements[7].fen = 99;
    write_trade_bill(world.world.folder.file("trade.zip"), bill);
    write_fund_bill(world.world.folder.file("fund.zip"), funds);
    const auto report =
        world.run_files({world.world.folder.file("fund.zip"), world.world.folder.file("trade.zip")},
                        ReconcileWorld::day("2026-11-10"));
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->has_fund_bill);
    EXPECT_THAT(ReconcileWorld::found(*report),
                ElementsAre("amount_differs opened income", "fee_differs opened fee",
                            "refund_differs opened back"));
    EXPECT_EQ(world.text("SELECT trade_no FROM difference WHERE class = 'refund_differs'"),
              "A-back");
}

TEST(Reconcile, AppliesNothingOfABillThatCannotBeTrusted) {
    ReconcileWorld world;
    world.pending("behind");
    const auto before = world.text("SELECT group_concat(status || version) FROM payment");
    std::string text = bill_of({money("behind", "A1"), money("other", "A2")}).trade_text();
    text.replace(text.find("商家实收共20.00元"), std::string("商家实收共20.00元").size(),
                 "商家实收共20.01元");
    testing::write_text(world.world.folder.file("bill.csv"), testing::gbk(text));
    const auto report =
        world.run_files({world.world.folder.file("bill.csv")}, ReconcileWorld::day("2026-11-10"));
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().reason(), "bill_invalid");
    EXPECT_EQ(world.text("SELECT group_concat(status || version) FROM payment"), before);
    EXPECT_EQ(world.text("SELECT count(*) FROM difference"), "0");
    EXPECT_EQ(world.text("SELECT status FROM reconciliation"), "failed");
    EXPECT_THAT(world.text("SELECT failure FROM reconciliation"), HasSubstr("交易合计"));
}

TEST(Reconcile, AWrongFileDoesNotUndoADayThatWasCompared) {
    ReconcileWorld world;
    ASSERT_TRUE(world.run(bill_of({})));
    ASSERT_FALSE(
        world.run_files({world.world.folder.file("none.zip")}, ReconcileWorld::day("2026-11-10")));
    EXPECT_EQ(world.text("SELECT status FROM reconciliation"), "complete");
}

TEST(Reconcile, OpensNoSecondDifferenceOverWhatANotificationSaid) {
    ReconcileWorld world;
    world.pending("amount");
    world.execute(
        "INSERT INTO difference (difference_id, app, class, trade_no, evidence, opened_ms)"
        " VALUES ('dif_1', 'shop', 'amount_mismatch', 'A1', '{}', 1)");
    const auto report = world.run(bill_of({money("amount", "A1", 999)}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count_of(Fate::known), 1);
    EXPECT_EQ(world.text("SELECT count(*) FROM difference"), "1");
}

TEST(Reconcile, ReportsInThreeForms) {
    ReconcileWorld world;
    world.paid("=gone,1", "A3");
    const auto report = world.run(bill_of({money("unknown", "A7", 1'234)}));
    ASSERT_TRUE(report);
    EXPECT_THAT(to_text(*report), HasSubstr("missing_here                   1             12.34"));
    EXPECT_THAT(to_text(*report), HasSubstr("2 differences opened"));
    EXPECT_THAT(to_csv(*report), HasSubstr("missing_at_alipay,opened,shop,\"'=gone,1\",A3,,,,10.00,"
                                           "paid,no line in the bill\r\n"));
    const auto answered = nlohmann::json::parse(to_json(*report));
    EXPECT_EQ(answered["summary"]["classes"]["missing_here"]["amount"], 1'234);
    EXPECT_EQ(answered["rows"].size(), 2U);
    EXPECT_EQ(answered["bill_sha256"].get<std::string>().size(), 64U);
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
