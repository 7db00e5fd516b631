// Refunds whose step another process takes.
#include <set>
#include <utility>

#include <gtest/gtest.h>

#include "gateway/refund_errands.h"
#include "tests/gateway/alipay_world.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Two processes' errands over one ledger; each step is taken by hand.
class TwoErrandsWorld : public testing::LedgerWorld {
public:
    ledger::Refund due_refund(const std::string& number = "T1") {
        const auto payment = added(number);
        return *run([&](ledger::Books& books) -> Result<ledger::Refund> {
            ledger::Refund refund;
            refund.id = make_id("ref", clock.now(), entropy);
            refund.payment = payment.row;
            refund.out_request_no = "R1";
            refund.amount = Money::from_fen(300);
            refund.created_at = clock.now();
            refund.next_sweep_at = clock.now();
            TOLLGATE_DO(books.refunds().add(refund, origin));
            return refund;
        });
    }
    gateway::RefundErrandSeams seams() {
        return {.writer = *writer,
                .alipay = alipay.client,
                .clock_watch = clock_watch,
                .clock = clock,
                .random = random,
                .entropy = entropy,
                .log = log.get(),
                .wake = [this] { woken = true; }};
    }

    testing::AlipayWorld alipay;
    SeededRandom random{1};
    gateway::ClockWatch clock_watch{log.get()};
    bool woken = false;
    gateway::RefundErrands here{*alipay.apps, seconds(20), seams()};
    gateway::RefundErrands there{*alipay.apps, seconds(20), seams()};
};

TEST(RefundErrands, TellWhoWaitsWhatAnotherProcessHasDone) {
    TwoErrandsWorld world;
    const auto refund = world.due_refund();
    int told = 0;
    world.here.hurry(refund.row, [&](const Result<ledger::Refund>& now) {
        ASSERT_TRUE(now);
        EXPECT_EQ(now->proof.attempts, 1);
        ++told;
    });
    world.there.run_once(10);  // Is faster.
    ASSERT_TRUE(world.writer->run_once());
    world.there.run_ready(10);
    world.here.run_ready(10);
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(told, 0) << "the other one is at it";
    while (world.alipay.http.in_flight() > 0) world.alipay.http.run_once(milliseconds(10));
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(told, 0);
    world.here.run_once(10);
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(told, 1);
    world.here.run_once(10);
    ASSERT_TRUE(world.writer->run_once());
    EXPECT_EQ(told, 1);
}

// More than are claimed at a time: nobody waits for the timer's next beat.
TEST(RefundErrands, GoOnUntilNobodyWaitsAnyMore) {
    TwoErrandsWorld world;
    int told = 0;
    for (int i = 0; i < 25; ++i) {
        const auto refund = world.due_refund("T" + std::to_string(i));
        world.here.hurry(refund.row,
                         [&](const Result<ledger::Refund>& now) { told += now ? 1 : 0; });
    }
    while (std::exchange(world.woken, false)) {
        world.here.run_ready(10);
        ASSERT_TRUE(world.writer->run_once());
        while (world.alipay.http.in_flight() > 0) world.alipay.http.run_once(milliseconds(10));
        ASSERT_TRUE(world.writer->run_once());
    }
    EXPECT_EQ(told, 25);
}

TEST(StepWaiters, LooksAtAllOfThemByTurns) {
    gateway::StepWaiters<ledger::Refund> waiters;
    for (ledger::RowId row = 1; row <= 100; ++row) waiters.add(row, {});
    waiters.add(7, {});
    for (ledger::RowId row = 1; row <= 10; ++row) waiters.began(row * 10);
    std::set<ledger::RowId> seen;
    for (int i = 0; i < 2; ++i) {
        for (const ledger::RowId row : waiters.elsewhere()) seen.insert(row);
    }
    EXPECT_EQ(seen.size(), 90U);
    EXPECT_FALSE(seen.contains(10));
}

TEST(StepWaiters, FewAreLookedAtOnceEach) {
    gateway::StepWaiters<ledger::Refund> waiters;
    EXPECT_TRUE(waiters.elsewhere().empty());
    waiters.add(3, {});
    waiters.add(3, {});
    waiters.add(5, {});
    EXPECT_EQ(waiters.elsewhere().size(), 2U);
    EXPECT_EQ(waiters.elsewhere().size(), 2U);
}

}  // namespace
}  // namespace tollgate
