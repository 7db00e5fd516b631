// Payments near midnight, and days that are compared more than once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/reconcile/reconcile_world.h"

namespace tollgate::gateway::reconcile {
namespace {

using testing::bill_of;
using ::testing::ElementsAre;
using testing::given_back;
using ::testing::IsEmpty;
using testing::money;
using testing::Movement;
using testing::ReconcileWorld;

TEST(DayBoundary, IsSettledByTheNextDaysBill) {
    ReconcileWorld world;
    world.paid("late", "A1", 1'000, "2026-11-10 23:59:59");
    world.paid("lost", "A2", 1'000, "2026-11-10 23:45:00");
    world.paid("noon", "A3");
    const auto first = world.run(bill_of({money("noon", "A3")}));
    ASSERT_TRUE(first);
    EXPECT_THAT(ReconcileWorld::found(*first),
                ElementsAre("day_boundary kept late", "day_boundary kept lost"));
    EXPECT_FALSE(first->has_differences());
    world.world.clock.pass(std::chrono::hours(24));
    Movement late = money("late", "A1");
    late.at = "2026-11-11 00:00:01";
    const auto next = world.run(bill_of({late}, "2026-11-11"));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->counts.matched, 1);
    EXPECT_THAT(ReconcileWorld::found(*next), ElementsAre("missing_at_alipay opened lost"));
    EXPECT_EQ(world.text("SELECT group_concat(status) FROM (SELECT status FROM day_boundary"
                         " ORDER BY payment)"),
              "settled,opened");
    // The first day again: both have their place.
    const auto again = world.run(bill_of({money("noon", "A3")}));
    EXPECT_EQ(again->counts.settled_by_neighbour, 1);
    EXPECT_THAT(ReconcileWorld::found(*again), ElementsAre("missing_at_alipay known lost"));
}

TEST(DayBoundary, IsSettledWhicheverDayIsReadFirst) {
    ReconcileWorld world;
    world.world.clock.pass(std::chrono::hours(24));
    // Ours is of the 11th, Alipay's of the 10th.
    world.paid("early", "A1", 1'000, "2026-11-11 00:00:02");
    const auto second = world.run(bill_of({}, "2026-11-11"));
    ASSERT_TRUE(second);
    EXPECT_THAT(ReconcileWorld::found(*second), ElementsAre("day_boundary kept early"));
    Movement early = money("early", "A1");
    early.at = "2026-11-10 23:59:59";
    const auto first = world.run(bill_of({early}));
    ASSERT_TRUE(first);
    EXPECT_THAT(first->rows, IsEmpty());
    EXPECT_THAT(world.run(bill_of({}, "2026-11-11"))->rows, IsEmpty());
}

TEST(DayBoundary, KeepsNothingForEver) {
    ReconcileWorld world;
    world.paid("late", "A1", 1'000, "2026-11-10 23:59:59");
    EXPECT_THAT(ReconcileWorld::found(*world.run(bill_of({}))),
                ElementsAre("day_boundary kept late"));
    world.world.clock.pass(std::chrono::hours(24 * 10));
    EXPECT_THAT(world.run(bill_of({}, "2026-11-19"))->rows, IsEmpty());
    // Whichever day is the next to be compared.
    world.world.clock.pass(std::chrono::hours(24 * 5));
    EXPECT_THAT(ReconcileWorld::found(*world.run(bill_of({}, "2026-11-25"))),
                ElementsAre("missing_at_alipay opened late"));
}

TEST(DayBoundary, ADayThatIsNotOverIsNotDone) {
    ReconcileWorld world;
    world.paid("just-now", "A1", 1'000, "2026-11-11 09:59:00");
    const auto report = world.run(bill_of({}, "2026-11-11"));
    ASSERT_TRUE(report);
    EXPECT_THAT(ReconcileWorld::found(*report), ElementsAre("day_boundary kept just-now"));
    EXPECT_EQ(world.text("SELECT status FROM reconciliation"), "running");
    world.world.clock.pass(std::chrono::hours(24));
    EXPECT_THAT(ReconcileWorld::found(*world.run(bill_of({}, "2026-11-11"))),
                ElementsAre("missing_at_alipay opened just-now"));
}

TEST(DayBoundary, AFullerBillOfTheSameDaySettlesWhatTheFirstLacked) {
    ReconcileWorld world;
    const auto late = world.paid("late", "A1", 1'000, "2026-11-10 23:50:00");
    world.refund(late, "R1", 300, "succeeded", "2026-11-10 23:55:00");
    const auto first = world.run(bill_of({}));
    EXPECT_THAT(ReconcileWorld::found(*first),
                ElementsAre("day_boundary kept late", "day_boundary kept late"));
    EXPECT_THAT(
        world.run(bill_of({money("late", "A1"), given_back("late", "A1", "R1", 300)}))->rows,
        IsEmpty());
    EXPECT_EQ(world.text("SELECT group_concat(status || ' ' || bill_date) FROM day_boundary"),
              "settled 2026-11-10,settled 2026-11-10");
    // The next day has nothing left to look for.
    world.world.clock.pass(std::chrono::hours(24));
    EXPECT_THAT(world.run(bill_of({}, "2026-11-11"))->rows, IsEmpty());
}

TEST(DayBoundary, ADayThatWasOnlyLookedAtIsNotExpiredByTheNext) {
    ReconcileWorld world;
    world.paid("noon", "A1", 1'000, "2026-11-11 09:30:00");
    EXPECT_THAT(ReconcileWorld::found(*world.run(bill_of({}, "2026-11-11"))),
                ElementsAre("day_boundary kept noon"));
    // Its whole bill is late; the next day's is there before it.
    world.world.clock.pass(std::chrono::hours(48));
    EXPECT_THAT(world.run(bill_of({}, "2026-11-12"))->rows, IsEmpty());
    EXPECT_THAT(world.run(bill_of({money("noon", "A1")}, "2026-11-11"))->rows, IsEmpty());
}

TEST(DayBoundary, ANeighboursLineOfAnotherAmountIsOneDifferenceOnly) {
    ReconcileWorld world;
    world.paid("late", "A1", 1'000, "2026-11-10 23:59:59");
    ASSERT_TRUE(world.run(bill_of({})));
    world.world.clock.pass(std::chrono::hours(24));
    EXPECT_THAT(
        ReconcileWorld::found(*world.run(bill_of({money("late", "A1", 999)}, "2026-11-11"))),
        ElementsAre("amount_differs opened late"));
}

// Of such a payment we know when the cancel found its money, not when that came.
TEST(DayBoundary, WhatACancelFoundMayStandInTheDayBefore) {
    ReconcileWorld world;
    world.world.clock.pass(std::chrono::hours(24));
    auto found = world.paid("found", "A1", 1'000, "2026-11-11 09:00:00");
    world.refund(found, "found", 1'000, "succeeded", "2026-11-11 09:00:00", "cancel");
    world.move(found, ledger::PaymentStatus::refunded, std::nullopt, "2026-11-11 09:00:00");
    world.paid("other", "A2", 1'000, "2026-11-11 09:00:00");
    const auto second = world.run(bill_of({}, "2026-11-11"));
    ASSERT_TRUE(second);
    EXPECT_THAT(ReconcileWorld::found(*second),
                ElementsAre("day_boundary kept found", "day_boundary kept found",
                            "missing_at_alipay opened other"));
    Movement payment = money("found", "A1");
    payment.at = "2026-11-10 20:00:00";
    EXPECT_THAT(world.run(bill_of({payment, given_back("found", "A1", "X", 1'000)}))->rows,
                IsEmpty());
    EXPECT_EQ(world.text("SELECT count(*) FROM day_boundary WHERE status = 'settled'"), "2");
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
