// The contract of what ends payments: versions, leases, tokens, refunds; to be passed by every
// engine.
#include <gtest/gtest.h>

#include "ledger/books.h"
#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::EngineWorld;
using testing::LedgerWorld;

class LifeBooksContract : public testing::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(, LifeBooksContract, testing::every_engine(), testing::engine_name);

Refund refund_of(LedgerWorld& world, const Payment& payment, const std::string& number,
                 std::int64_t fen) {
    Refund refund;
    refund.id = make_id("ref", world.clock.now(), world.entropy);
    refund.payment = payment.row;
    refund.out_request_no = number;
    refund.amount = Money::from_fen(fen);
    refund.created_at = world.clock.now();
    refund.next_sweep_at = world.clock.now();
    return refund;
}

TEST_P(LifeBooksContract, NeverLetsTwoWritersOfOneVersionBothWin) {
    EngineWorld world(GetParam());
    const Payment read = world.added("T1");
    const auto write = [&](PaymentStatus to) {
        return world.run([&](Books& books) {
            Payment copy = read;  // A unit may run again, and then it begins afresh.
            return books.change_payment(copy, {.to = to}, world.origin, world.clock.now());
        });
    };
    EXPECT_TRUE(write(PaymentStatus::closing));
    const auto second = write(PaymentStatus::paid);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::stale_version);
    EXPECT_EQ(world.find("T1")->status, PaymentStatus::closing);
    EXPECT_EQ(world.find("T1")->version, 2);
}

TEST_P(LifeBooksContract, RefusesEveryWriteOverAStaleVersion) {
    EngineWorld world(GetParam());
    const Payment read = world.added("T1");
    ASSERT_TRUE(world.run([&, copy = read](Books& books) mutable {
        return books.change_payment(copy, {.to = PaymentStatus::closing}, world.origin,
                                    world.clock.now());
    }));
    const auto code = [&](auto write) {
        const auto done =
            world.run([&, copy = read](Books& books) mutable { return write(books, copy); });
        return done ? ErrorCode::internal : done.error().code();
    };
    EXPECT_EQ(code([&](Books& books, Payment& payment) {
                  return books.rest(payment, world.clock.now());
              }),
              ErrorCode::stale_version);
    EXPECT_EQ(code([&](Books& books, Payment& payment) {
                  return books.set_calling(payment, world.clock.now());
              }),
              ErrorCode::stale_version);
    EXPECT_EQ(code([&](Books& books, Payment& payment) {
                  return books.set_next_sweep(payment, world.clock.now());
              }),
              ErrorCode::stale_version);
}

TEST_P(LifeBooksContract, GivesADuePaymentToOneClaimerUntilItsLeaseIsOver) {
    EngineWorld world(GetParam());
    Payment payment = world.added("T1");
    world.added("T2");
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.set_next_sweep(payment, world.clock.now() + seconds(10));
    }));
    const auto claimed = [&] {
        const auto got = world.run([&](Books& books) {
            return books.claim_due_payments(world.clock.now(), world.clock.now() + minutes(1), 10);
        });
        EXPECT_TRUE(got);
        return got->size();
    };
    EXPECT_EQ(claimed(), 0U);  // Not due yet; and what has no look at all never is.
    world.clock.pass(seconds(10));
    EXPECT_EQ(claimed(), 1U);
    EXPECT_EQ(claimed(), 0U);
    world.clock.pass(minutes(1));  // Its claimer has died.
    EXPECT_EQ(claimed(), 1U);
    Payment found = *world.find("T1");
    ASSERT_TRUE(world.run([&](Books& books) { return books.rest(found, std::nullopt); }));
    world.clock.pass(minutes(10));
    EXPECT_EQ(claimed(), 0U);
}

TEST_P(LifeBooksContract, LeavesHeldPaymentsAloneUntilTheyAreReleased) {
    EngineWorld world(GetParam());
    Payment payment = world.added("T1");
    const auto change = [&](const PaymentChange& news) {
        return world.run([&](Books& books) {
            return books.change_payment(payment, news, world.origin, world.clock.now());
        });
    };
    const Timestamp now = world.clock.now();
    ASSERT_TRUE(change({.to = PaymentStatus::pending, .next_sweep_at = now, .held = true}));
    EXPECT_FALSE(world.find("T1")->next_sweep_at);
    ASSERT_TRUE(change({.to = PaymentStatus::pending, .next_sweep_at = now, .release = true}));
    EXPECT_FALSE(world.find("T1")->held);
    EXPECT_EQ(world.find("T1")->next_sweep_at, now);
}

TEST_P(LifeBooksContract, TakesATokenOnce) {
    EngineWorld world(GetParam());
    const Payment payment = world.added("T1");
    const Timestamp now = world.clock.now();
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.add_submit_token(
            {.caller = "orders", .sha256 = "aa", .expires_at = now + minutes(1)}, now);
    }));
    const auto take = [&](const char* caller, const char* sha256, Timestamp at) {
        const auto taken = world.run([&](Books& books) {
            return books.take_submit_token(
                {.caller = caller, .sha256 = sha256, .payment = payment.row}, at);
        });
        EXPECT_TRUE(taken);
        return *taken;
    };
    EXPECT_FALSE(take("others", "aa", now));
    EXPECT_FALSE(take("orders", "bb", now));
    EXPECT_FALSE(take("orders", "aa", now + minutes(1)));
    EXPECT_TRUE(take("orders", "aa", now));
    EXPECT_FALSE(take("orders", "aa", now));
    auto reading = world.store->read();
    EXPECT_EQ((*reading)->submit_token("orders", "aa")->value().payment, payment.row);
}

TEST_P(LifeBooksContract, TakesATokenAgainWhosePaymentFailed) {
    EngineWorld world(GetParam());
    Payment failing = world.added("T1");
    const Payment second = world.added("T2");
    const Timestamp now = world.clock.now();
    const auto take = [&](const Payment& payment) {
        return *world.run([&](Books& books) {
            return books.take_submit_token(
                {.caller = "orders", .sha256 = "aa", .payment = payment.row}, now);
        });
    };
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.add_submit_token(
            {.caller = "orders", .sha256 = "aa", .expires_at = now + minutes(1)}, now);
    }));
    EXPECT_TRUE(take(failing));
    EXPECT_FALSE(take(second));
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.change_payment(failing, {.to = PaymentStatus::failed}, world.origin, now);
    }));
    EXPECT_TRUE(take(second));
    EXPECT_FALSE(take(failing));
}

TEST_P(LifeBooksContract, AReportThatWasGivenUpBeginsAnewWhenItIsToldOfAgain) {
    EngineWorld world(GetParam());
    const Payment payment = world.added("T1");
    const Timestamp now = world.clock.now();
    const auto told = [&](Timestamp at) {
        return *world.run([&](Books& books) -> Result<RefundReport> {
            TOLLGATE_DO(books.refunds().report(payment, "R1", at));
            TOLLGATE_TRY(const auto due,
                         books.refunds().claim_due_reports(at, at + minutes(1), 10));
            return due.at(0);
        });
    };
    const auto asked = [&](const RefundReport& report, std::optional<Timestamp> next) {
        EXPECT_TRUE(world.run([&](Books& books) { return books.refunds().asked(report, next); }));
    };
    asked(told(now), now + hours(1));
    const auto meanwhile = told(now + minutes(2));
    EXPECT_EQ(meanwhile.queries, 1);
    EXPECT_EQ(meanwhile.reported_at, now);
    asked(meanwhile, std::nullopt);
    const auto again = told(now + hours(30));
    EXPECT_EQ(again.queries, 0);
    EXPECT_EQ(again.reported_at, now + hours(30));
}

TEST_P(LifeBooksContract, KeepsARefundNumberOnceAPayment) {
    EngineWorld world(GetParam());
    const Payment first = world.added("T1");
    const Payment second = world.added("T2");
    const auto add = [&](const Payment& payment) {
        return world.run([&](Books& books) {
            Refund refund = refund_of(world, payment, "R1", 100);
            return books.refunds().add(refund, world.origin);
        });
    };
    EXPECT_TRUE(add(first));
    EXPECT_EQ(add(first).error().code(), ErrorCode::conflict);
    EXPECT_TRUE(add(second));
}

TEST_P(LifeBooksContract, GivesARefundBackAsItWasWrittenWithItsHistory) {
    EngineWorld world(GetParam());
    const Payment payment = world.added("T1");
    Refund refund = refund_of(world, payment, "R1", 100);
    refund.reason = "torn";
    ASSERT_TRUE(world.run([&](Books& books) { return books.refunds().add(refund, world.origin); }));
    Refund next = refund;
    next.status = RefundStatus::unknown;
    next.proof = {.open_call = true,
                  .ambiguous = true,
                  .attempts = 3,
                  .last_attempt_at = world.clock.now(),
                  .empty_queries = 1,
                  .first_empty_at = world.clock.now(),
                  .query_next = true};
    next.failure = "lost";
    const Refund stale = refund;
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.refunds().change(refund, next, world.origin, world.clock.now());
    }));
    auto reading = world.store->read();
    const auto found = (*reading)->refunds().one(payment, "R1");
    EXPECT_EQ(to_json(**found), to_json(refund));
    EXPECT_EQ((*found)->proof, next.proof);
    EXPECT_EQ((*found)->version, 2);
    const auto history = (*reading)->refunds().history_of(refund);
    ASSERT_EQ(history->size(), 2U);
    EXPECT_EQ((*history)[1].to, "unknown");
    // What was read before is no longer what is there.
    const auto again = world.run([&](Books& books) {
        Refund copy = stale;
        return books.refunds().change(copy, next, world.origin, world.clock.now());
    });
    EXPECT_EQ(again.error().code(), ErrorCode::stale_version);
}

TEST_P(LifeBooksContract, SettlesADifferenceOnce) {
    EngineWorld world(GetParam());
    DifferenceRecord record{.id = "dif_1", .app = "shop", .difference_class = "amount_mismatch"};
    record.trade_no = "2026";
    record.evidence = "{}";
    record.opened_at = world.clock.now();
    ASSERT_TRUE(world.run([&](Books& books) { return books.open_difference(record); }));
    auto reading = world.store->read();
    const auto found = (*reading)->difference("dif_1");
    ASSERT_TRUE(found && *found);
    const auto settle = [&] {
        return world.run([&](Books& books) {
            return books.settle_difference(**found, R"({"by":"me"})", world.clock.now());
        });
    };
    EXPECT_TRUE(settle());
    EXPECT_EQ(settle().error().code(), ErrorCode::stale_version);
    EXPECT_EQ((*reading)->differences({.apps = {"shop"}, .open = true})->size(), 0U);
    EXPECT_EQ((*reading)->differences({.apps = {"shop"}})->size(), 1U);
    EXPECT_EQ((*reading)->differences({.apps = {"other"}})->size(), 0U);
}

}  // namespace
}  // namespace tollgate::ledger
