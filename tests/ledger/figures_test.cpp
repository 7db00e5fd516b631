// The contract of Reading::figures, to be passed by every engine.
#include "ledger/figures.h"

#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::EngineWorld;

class FiguresContract : public testing::EveryEngine {
protected:
    Figures figures(std::int64_t rows_max = Figures::kRowsMax) {
        auto reading = world_.store->read();
        EXPECT_TRUE(reading);
        auto figures = (*reading)->figures(world_.clock.now(), rows_max);
        EXPECT_TRUE(figures) << figures.error().message();
        return *std::move(figures);
    }

    // A payment that somebody must look at again after so long.
    void waiting_payment(const std::string& number, seconds again) {
        auto payment = world_.added(number);
        EXPECT_TRUE(world_.run([&](Books& books) {
            return books.set_next_sweep(payment, world_.clock.now() + again);
        }));
    }

    void write_event(const std::string& id) {
        EXPECT_TRUE(world_.run([&](Books& books) {
            return books.add_event({.id = id,
                                    .app = "shop",
                                    .type = "payment.paid",
                                    .payment = std::nullopt,
                                    .version = 2,
                                    .payload = "{}",
                                    .created_at = world_.clock.now()});
        }));
    }

    Endpoint endpoint(const std::string& id) {
        Endpoint endpoint;
        endpoint.id = id;
        endpoint.origin = EndpointOrigin::api;
        endpoint.plan = {.url = "http://a/"};
        endpoint.created_at = world_.clock.now();
        EXPECT_TRUE(
            world_.run([&](Books& books) { return books.outbox().add_endpoint(endpoint); }));
        return endpoint;
    }

    void publish_to(const Endpoint& endpoint) {
        EXPECT_TRUE(world_.run([&](Books& books) -> Result<Done> {
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(100));
            TOLLGATE_DO(books.outbox().publish(events));
            for (const auto& event : events) {
                TOLLGATE_DO(
                    books.outbox().add_delivery(event, endpoint, std::nullopt, world_.clock.now()));
            }
            return Done{};
        }));
    }

    EngineWorld world_{GetParam()};
};

TEST_P(FiguresContract, OfAnEmptyLedgerAreAllNothing) {
    const Figures none = figures();
    EXPECT_TRUE(none.unfinished_payments.empty());
    EXPECT_TRUE(none.all_payments_seen);
    EXPECT_TRUE(none.unfinished_refunds.empty());
    EXPECT_TRUE(none.outbox.empty());
    EXPECT_TRUE(none.open_differences.empty());
    EXPECT_TRUE(none.ending_secrets.empty());
    for (const auto* due : {&none.due_payments, &none.due_refunds, &none.due_preauths}) {
        EXPECT_EQ(due->count, 0);
        EXPECT_EQ(due->oldest, std::nullopt);
    }
    EXPECT_EQ(none.unpublished_events.count, 0);
}

TEST_P(FiguresContract, CountPaymentsByStatusAndAge) {
    waiting_payment("old", minutes(600));
    world_.clock.pass(minutes(61));
    const Timestamp since = world_.clock.now();
    waiting_payment("young1", minutes(600));
    waiting_payment("young2", minutes(600));
    world_.clock.pass(seconds(1));
    const Figures now = figures();
    ASSERT_EQ(now.unfinished_payments.size(), 2U);
    EXPECT_EQ(now.unfinished_payments[0].status, "pending");
    EXPECT_EQ(now.unfinished_payments[0].age, 0U);
    EXPECT_EQ(now.unfinished_payments[0].counted.count, 2);
    EXPECT_EQ(now.unfinished_payments[0].counted.oldest, since);
    EXPECT_EQ(now.unfinished_payments[1].age, 2U);
    EXPECT_EQ(now.unfinished_payments[1].counted.count, 1);
}

TEST_P(FiguresContract, SayWhenThereIsMoreThanWasLookedAt) {
    for (const char* number : {"A1", "A2", "A3"}) waiting_payment(number, minutes(5));
    EXPECT_TRUE(figures(4).all_payments_seen);
    const Figures bounded = figures(2);
    EXPECT_FALSE(bounded.all_payments_seen);
    ASSERT_EQ(bounded.unfinished_payments.size(), 1U);
    EXPECT_EQ(bounded.unfinished_payments[0].counted.count, 2);
}

TEST_P(FiguresContract, TellWhatIsOverdueAndSinceWhen) {
    waiting_payment("A1", seconds(10));
    waiting_payment("A2", seconds(30));
    const Timestamp due_at = world_.clock.now() + seconds(10);
    world_.clock.pass(seconds(9));
    EXPECT_EQ(figures().due_payments.count, 0);
    world_.clock.pass(seconds(1));
    EXPECT_EQ(figures().due_payments.count, 1);
    EXPECT_EQ(figures().due_payments.oldest, due_at);
    world_.clock.pass(seconds(20));
    EXPECT_EQ(figures().due_payments.count, 2);
}

TEST_P(FiguresContract, FollowAnEventThroughTheOutbox) {
    const auto shop = endpoint("shop");
    const Timestamp first = world_.clock.now();
    write_event("evt_1");
    world_.clock.pass(seconds(5));
    write_event("evt_2");
    EXPECT_EQ(figures().unpublished_events.count, 2);
    EXPECT_EQ(figures().unpublished_events.oldest, first);
    EXPECT_EQ(figures().outbox.at(0).waiting.count, 0);

    publish_to(shop);
    const Figures published = figures();
    EXPECT_EQ(published.unpublished_events.count, 0);
    ASSERT_EQ(published.outbox.size(), 1U);
    EXPECT_EQ(published.outbox[0].endpoint, "shop");
    EXPECT_EQ(published.outbox[0].waiting.count, 2);
    EXPECT_EQ(published.outbox[0].waiting.oldest, first);
    EXPECT_EQ(published.outbox[0].retrying, 0);
}

TEST_P(FiguresContract, CountOpenDifferencesByClass) {
    const Timestamp opened = world_.clock.now();
    for (const char* trade_no : {"T1", "T2"}) {
        EXPECT_TRUE(world_.run([&](Books& books) {
            return books.open_difference({.id = std::string("dif_") + trade_no,
                                          .app = "shop",
                                          .difference_class = "amount_differs",
                                          .trade_no = trade_no,
                                          .evidence = "{}",
                                          .opened_at = opened});
        }));
    }
    ASSERT_EQ(figures().open_differences.size(), 1U);
    EXPECT_EQ(figures().open_differences[0].difference_class, "amount_differs");
    EXPECT_EQ(figures().open_differences[0].counted.count, 2);
    EXPECT_EQ(figures().open_differences[0].counted.oldest, opened);
    EXPECT_TRUE(world_.run([&](Books& books) -> Result<Done> {
        TOLLGATE_TRY(const auto open, books.read().difference("dif_T1"));
        return books.settle_difference(*open, "{}", world_.clock.now());
    }));
    EXPECT_EQ(figures().open_differences[0].counted.count, 1);
}

INSTANTIATE_TEST_SUITE_P(Engines, FiguresContract, testing::every_engine(), testing::engine_name);

}  // namespace
}  // namespace tollgate::ledger
