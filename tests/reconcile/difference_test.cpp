// What a person does with the differences that a bill has opened, by the API's own unit of work.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/difference_unit.h"
#include "tests/gateway/gateway_world.h"
#include "tests/reconcile/reconcile_world.h"

namespace tollgate::gateway::reconcile {
namespace {

using testing::bill_of;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::money;
using testing::ReconcileWorld;

class BillDifference : public ::testing::Test {
protected:
    BillDifference() {
        config::AppSettings app{.id = "shop",
                                .app_id = "2021000000000001",
                                .seller_ids = {"2088000000000001"},
                                .private_key = testing::test_keys().app.to_pkcs8_pem()};
        app.alipay_public_keys = {testing::test_keys().alipay.public_half().to_spki_pem()};
        std::vector<config::Problem> problems;
        auto read = callbacks::Apps::from(std::span(&app, 1), problems);
        EXPECT_TRUE(read) << config::to_text(problems);
        apps_ = std::make_unique<callbacks::Apps>(*std::move(read));
    }

    // The oldest difference that is open; gives the answer's status.
    int settle(Settlement settlement) {
        const Caller caller{.id = "ops", .apps = {"shop"}, .rights = {"operate"}};
        const WantedSettlement wanted{
            .difference_id = world.text("SELECT difference_id FROM difference WHERE status = 'open'"
                                        " ORDER BY id"),
            .settlement = settlement,
            .note = "",
            .caller = &caller,
            .keyed = {.caller = "ops",
                      .key = std::nullopt,
                      .fingerprint = "{}",
                      .now = world.world.clock.now()},
            .request_id = "req_2"};
        const auto answer = world.world.run([&](ledger::Books& books) {
            return settle_in_books(books, *apps_, wanted, world.world.entropy);
        });
        EXPECT_TRUE(answer) << answer.error().message();
        return answer ? answer->status : 0;
    }

    ReconcileWorld world;

private:
    std::unique_ptr<callbacks::Apps> apps_;
};

TEST_F(BillDifference, AcceptedMoneyIsPaidOnTheDayOfItsBill) {
    world.pending("early", 1'000, "2026-11-10 12:30:00");
    const auto bill = bill_of({money("early", "A1")});
    EXPECT_THAT(ReconcileWorld::found(*world.run(bill)), ElementsAre("status_behind opened early"));
    // No timer may close what the money was meant for.
    EXPECT_EQ(world.text("SELECT held FROM payment"), "1");
    EXPECT_EQ(settle(Settlement::accept), 200);
    EXPECT_EQ(world.text("SELECT status || ' ' || held || ' ' || trade_no || ' ' || paid_ms"
                         " FROM payment"),
              "paid 0 A1 " + std::to_string(ReconcileWorld::at("2026-11-10 12:00:00").ms));
    // No later day takes it for its own.
    EXPECT_THAT(world.run(bill)->rows, IsEmpty());
    world.world.clock.pass(std::chrono::hours(24));
    EXPECT_THAT(world.run(bill_of({}, "2026-11-11"))->rows, IsEmpty());
}

TEST_F(BillDifference, AnotherAmountIsAcceptedButNeverRefundedFromHere) {
    world.pending("other");
    ASSERT_TRUE(world.run(bill_of({money("other", "A1", 999)})));
    EXPECT_EQ(settle(Settlement::refund), 409);
    EXPECT_EQ(settle(Settlement::accept), 200);
    EXPECT_EQ(world.text("SELECT status || ' ' || held FROM payment"), "paid 0");
}

TEST_F(BillDifference, HoldsNothingThatIsPaid) {
    world.paid("amount", "A1");
    world.paid("trade", "A2");
    world.paid("gone", "A3");
    ASSERT_TRUE(world.run(bill_of({money("amount", "A1", 999), money("trade", "A9")})));
    EXPECT_EQ(world.text("SELECT count(*) FROM difference WHERE status = 'open'"), "3");
    EXPECT_EQ(world.text("SELECT sum(held) FROM payment"), "0");
}

TEST_F(BillDifference, OneAboutFeesKeepsNothingHeld) {
    world.pending("other");
    ASSERT_TRUE(world.run(bill_of({money("other", "A1", 999)})));
    world.execute(
        "INSERT INTO difference (difference_id, app, class, trade_no, payment, evidence, opened_ms)"
        " SELECT 'dif_fee', 'shop', 'fee_differs', 'A1', id, '{}', 1 FROM payment");
    // The older one: about the amount.
    EXPECT_EQ(settle(Settlement::ignore), 200);
    EXPECT_EQ(world.text("SELECT held FROM payment"), "0");
}

}  // namespace
}  // namespace tollgate::gateway::reconcile
