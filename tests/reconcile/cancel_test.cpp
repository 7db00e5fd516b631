// Payments that a cancel ended, beside their bills: a whole gateway wrote the ledger, and what the
// cancel found sent back stands there under the payment's own number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gateway/ending_world.h"
#include "tests/reconcile/reconcile_world.h"

namespace tollgate::gateway::reconcile {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::BillMaker;
using ::testing::ElementsAre;
using testing::given_back;
using ::testing::IsEmpty;
using testing::LittleAlipay;
using testing::money;
using testing::Movement;
using testing::ReconcileWorld;

class Cancelled : public ::testing::Test {
protected:
    // A barcode payment of 10 yuan whose answers are lost: the cancel finds its money, and what of
    // it is back already.
    void cancel(const std::vector<LittleAlipay::Refund>& sent_back = {}) {
        world.make("T1");
        world.execute("UPDATE payment SET product = 'barcode', status = 'unknown'");
        world.little.pay("T1");
        auto trade = world.little.trade("T1");
        trade.refunds = sent_back;
        if (!sent_back.empty()) trade.status = "TRADE_CLOSED";
        world.little.set("T1", trade);
        world.little.always("alipay.trade.query", {LittleAlipay::Fault::Kind::lose_answer});
        world.clock.pass(minutes(3));
        world.wait_for_status("T1", "refunded");
        at_ =
            *parse_rfc3339(world.text("SELECT strftime('%Y-%m-%dT%H:%M:%SZ', paid_ms / 1000,"
                                      " 'unixepoch') FROM payment"));
        EXPECT_EQ(world.text("SELECT out_request_no || ' ' || origin FROM refund"), "T1 cancel");
    }

    // A bill of the cancel's day, whose movements all happened at the cancel.
    BillMaker bill(std::vector<Movement> movements) const {
        for (Movement& movement : movements) movement.at = to_beijing(at_);
        return testing::bill_of(std::move(movements), BeijingDay::of(at_).text());
    }

    // Two days later.
    Report compare(const BillMaker& bill) {
        auto store = ledger::open_sqlite_store(
            {.file = world.folder.file("ledger.db"), .beside_gateway = true}, clock_);
        EXPECT_TRUE(store) << store.error().message();
        auto connection = (*store)->write_connection();
        EXPECT_TRUE(connection);
        ledger::Writer writer(*std::move(connection), {}, log_.get());
        const auto transact = [&writer](const std::function<Result<Done>(ledger::Books&)>& work) {
            Result<Done> outcome = Done{};
            writer.submit(ledger::make_unit([&](ledger::Books& books) { return work(books); },
                                            [&](Result<Done> end) { outcome = std::move(end); }));
            EXPECT_TRUE(writer.run_once());
            return outcome;
        };
        const std::string file = world.folder.file("trade.zip");
        write_trade_bill(file, bill);
        clock_.pass(at_ + hours(48) - clock_.now());
        Reconciler reconciler({.store = **store,
                               .transact = transact,
                               .clock = clock_,
                               .entropy = entropy_,
                               .log = log_.get()});
        auto report = reconciler.run(
            {.seller = {.seller_id = "2088000000000001", .apps = {{.app = "shop", .prefixes = {}}}},
             .day = *BeijingDay::parse(bill.date),
             .bill_files = {file},
             .request_id = "req_1"});
        EXPECT_TRUE(report) << report.error().message();
        return report ? *std::move(report) : Report();
    }

    testing::EndingWorld world;

private:
    testing::HandClock clock_;
    testing::CountingEntropy entropy_;
    testing::TestLog log_{clock_};
    Timestamp at_;
};

const std::string kTrade = LittleAlipay::trade_no("T1");

TEST_F(Cancelled, AgreesWhateverNumberTheBillGivesItsRefund) {
    cancel();
    for (const char* const number : {"", "T1", "20261110_made_by_alipay"}) {
        const auto report =
            compare(bill({money("T1", kTrade), given_back("T1", kTrade, number, 1'000)}));
        EXPECT_THAT(ReconcileWorld::found(report), IsEmpty()) << number;
        EXPECT_EQ(report.counts.matched, 2) << number;
    }
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 0);
}

TEST_F(Cancelled, AgreesWithTheRefundsThatItFoundDone) {
    cancel({{"CONSOLE1", 300}, {"CONSOLE2", 700}});
    const auto report =
        compare(bill({money("T1", kTrade), given_back("T1", kTrade, "CONSOLE1", 300),
                      given_back("T1", kTrade, "CONSOLE2", 700)}));
    EXPECT_THAT(ReconcileWorld::found(report), IsEmpty());
    EXPECT_EQ(report.counts.matched, 3);
    EXPECT_EQ(world.count("SELECT count(*) FROM difference"), 0);
}

TEST_F(Cancelled, IsNamedWhereTheBillGivesBackLess) {
    cancel();
    const auto report =
        compare(bill({money("T1", kTrade), given_back("T1", kTrade, "CONSOLE1", 300)}));
    std::vector<std::string> details;
    for (const auto& row : report.rows) {
        details.push_back(std::string(name_of(row.bill_class)) + " " + row.out_request_no + ": " +
                          row.detail);
    }
    EXPECT_THAT(
        details,
        ElementsAre("refund_differs CONSOLE1: not here; it may be a part of what the cancel found"
                    " sent back",
                    "refund_differs T1: of a cancel; no lines in the bill add up to it"));
    EXPECT_EQ(world.count("SELECT count(*) FROM difference WHERE class = 'refund_differs'"), 2);
}

TEST_F(Cancelled, IsNamedWhereTheBillGivesBackNothing) {
    cancel();
    EXPECT_THAT(ReconcileWorld::found(compare(bill({money("T1", kTrade)}))),
                ElementsAre("refund_differs opened T1"));
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
