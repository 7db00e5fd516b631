// A ledger that came from a backup, in every engine.
#include "ledger/guard.h"

#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using std::chrono::hours;
using testing::EngineWorld;

class GuardContract : public testing::EveryEngine {
protected:
    static std::optional<Guard> found(EngineWorld& world) {
        const auto reading = world.store->read();
        EXPECT_TRUE(reading);
        const auto guard = (*reading)->guard().find();
        EXPECT_TRUE(guard) << guard.error().message();
        return *guard;
    }
    static void begin(EngineWorld& world, Timestamp since) {
        EXPECT_TRUE(world.run([&](Books& books) { return books.guard().begin(since); }));
    }
};

TEST_P(GuardContract, IsThereUntilItIsEndedAndTheEarlierBackupCounts) {
    EngineWorld world(GetParam());
    EXPECT_FALSE(found(world));
    begin(world, {2'000});
    begin(world, {3'000});
    EXPECT_EQ(found(world)->since.ms, 2'000);
    begin(world, {1'000});
    EXPECT_EQ(found(world)->since.ms, 1'000);
    EXPECT_TRUE(world.run([](Books& books) { return books.guard().end(); }));
    EXPECT_FALSE(found(world));
}

TEST_P(GuardContract, KnowsWhenAGatewayFirstBeganOnIt) {
    EngineWorld world(GetParam());
    const auto resume = [&](Timestamp now) {
        EXPECT_TRUE(world.run([&](Books& books) { return books.guard().resume(now); }));
    };
    resume({500});
    EXPECT_FALSE(found(world));  // Nobody has guarded it.
    begin(world, {1'000});
    EXPECT_FALSE(found(world)->resumed);
    resume({2'000});
    resume({3'000});
    EXPECT_EQ(found(world)->resumed->ms, 2'000);
    begin(world, {2'500});  // Restored once more: the gap goes on.
    EXPECT_EQ(found(world)->since.ms, 1'000);
    EXPECT_FALSE(found(world)->resumed);
}

TEST_P(GuardContract, HurriesWhatNobodyKnowsTheEndOfAndCountsIt) {
    EngineWorld world(GetParam());
    const Timestamp now = world.clock.now();
    const Timestamp later = now + hours(3);
    const auto add = [&](const std::string& number, std::optional<PaymentStatus> to,
                         Timestamp next) {
        auto payment = world.payment(number);
        payment.next_sweep_at = next;
        EXPECT_TRUE(world.run([&](Books& books) -> Result<Done> {
            TOLLGATE_DO(books.add_payment(payment, {.fingerprint = "{}"}, world.origin));
            if (!to) return Done{};
            return books.change_payment(payment, {.to = *to, .next_sweep_at = next}, world.origin,
                                        now);
        }));
        return payment;
    };
    add("PENDING", std::nullopt, later);
    add("OVERDUE", std::nullopt, now + (-hours(1)));
    add("CLOSING", PaymentStatus::closing, later);
    const auto paid = add("PAID", PaymentStatus::paid, later);
    add("CLOSED", PaymentStatus::closed, later);
    EXPECT_TRUE(world.run([&](Books& books) -> Result<Done> {
        Refund refund;
        refund.id = "ref_1";
        refund.payment = paid.row;
        refund.out_request_no = "R1";
        refund.amount = Money::from_fen(300);
        refund.created_at = now;
        refund.next_sweep_at = later;
        TOLLGATE_DO(books.refunds().add(refund, world.origin));
        Preauthorisation preauth;
        preauth.id = "pre_1";
        preauth.app = "shop";
        preauth.out_auth_no = "A1";
        preauth.seller_id = "2088000000000001";
        preauth.product = "app";
        preauth.amount = Money::from_fen(100);
        preauth.subject = "A room";
        preauth.fingerprint = "{}";
        preauth.created_at = now;
        preauth.expires_at = later;
        preauth.next_sweep_at = later;
        return books.preauths().add(preauth, world.origin);
    }));

    EXPECT_TRUE(world.run([&](Books& books) { return books.guard().hurry_unsettled(now); }));
    const auto ms = [](Timestamp at) { return std::to_string(at.ms); };
    const auto next = [&](const std::string& number) {
        return world.ask("SELECT next_sweep_ms FROM payment WHERE out_trade_no = '" + number + "'");
    };
    EXPECT_EQ(next("PENDING"), ms(now));
    EXPECT_EQ(next("CLOSING"), ms(now));
    EXPECT_EQ(next("OVERDUE"), ms(now + (-hours(1))));
    EXPECT_EQ(next("PAID"), ms(later));  // A year of these would stand in the others' way.
    EXPECT_EQ(world.ask("SELECT next_sweep_ms FROM refund"), ms(now));
    EXPECT_EQ(world.ask("SELECT next_sweep_ms FROM preauthorisation"), ms(now));

    const auto reading = world.store->read();
    const auto unsettled = (*reading)->guard().unsettled(now + std::chrono::milliseconds(1));
    ASSERT_TRUE(unsettled) << unsettled.error().message();
    EXPECT_EQ(unsettled->payments, 3);
    EXPECT_EQ(unsettled->refunds, 1);
    EXPECT_EQ(unsettled->preauthorisations, 1);
    EXPECT_EQ(unsettled->differences, 0);
    // What was made since a gateway is at work is none of the gap's.
    const auto since = (*reading)->guard().unsettled(now);
    ASSERT_TRUE(since) << since.error().message();
    EXPECT_EQ(since->payments + since->refunds + since->preauthorisations, 0);
}

INSTANTIATE_TEST_SUITE_P(Every, GuardContract, testing::every_engine(), testing::engine_name);

}  // namespace
}  // namespace tollgate::ledger
