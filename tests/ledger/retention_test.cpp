// What goes because of its age, and what stays.
#include "ledger/retention.h"

#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using std::chrono::hours;
using testing::Engine;
using testing::EngineWorld;
using testing::EveryEngine;

constexpr hours kDay{24};

class RetentionContract : public EveryEngine {
protected:
    void SetUp() override {
        EveryEngine::SetUp();
        if (!IsSkipped()) world_ = std::make_unique<EngineWorld>(GetParam());
    }

    RowId notified(const std::string& notify_id) {
        NotificationRecord record;
        record.app = "shop";
        record.notify_id = notify_id;
        record.kind = "trade_status_sync";
        record.verdict = Verdict::accepted;
        record.headers = "{}";
        record.body = "a=1";
        record.received_at = world_->clock.now();
        const auto row = world_->run([&](Books& books) { return books.add_notification(record); });
        EXPECT_TRUE(row);
        return *row;
    }
    void dispute(RowId notification) {
        ASSERT_TRUE(world_->run([&](Books& books) {
            return books.open_difference({.id = "dif_1",
                                          .app = "shop",
                                          .difference_class = "amount_differs",
                                          .trade_no = "2026",
                                          .notification = notification,
                                          .evidence = "{}",
                                          .opened_at = world_->clock.now()});
        }));
    }
    void settle() {
        ASSERT_TRUE(world_->run([&](Books& books) -> Result<Done> {
            TOLLGATE_TRY(const auto difference, books.read().difference("dif_1"));
            return books.settle_difference(*difference, "{}", world_->clock.now());
        }));
    }
    // All that is older than that goes, by whichever way the engine has; months as a whole.
    void drop_bodies(Timestamp before) {
        ASSERT_TRUE(world_->store->turn_partitions(world_->clock.now(), {.bodies_before = before}));
        RowId after = 0;
        do {
            const auto step = world_->run(
                [&](Books& books) { return books.retention().drop_bodies(before, after, 2); });
            ASSERT_TRUE(step) << step.error().message();
            after = step->next;
        } while (after != 0);
    }
    std::string count(const std::string& from) {
        return world_->ask("SELECT count(*) FROM " + from);
    }

    Result<Done> tell(Books& books, const std::string& id) {
        TOLLGATE_DO(books.add_event({.id = id,
                                     .app = "shop",
                                     .type = "payment.paid",
                                     .payload = "{}",
                                     .created_at = world_->clock.now()}));
        return Done{};
    }
    // Numbers for all; each promised to the endpoint.
    void publish() {
        ASSERT_TRUE(world_->run([&](Books& books) -> Result<Done> {
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(100));
            TOLLGATE_DO(books.outbox().publish(events));
            for (const auto& event : events) {
                TOLLGATE_DO(books.outbox().add_delivery(event, endpoint_, std::nullopt,
                                                        world_->clock.now()));
            }
            return Done{};
        }));
    }
    void publish_without_endpoint() {
        ASSERT_TRUE(world_->run([&](Books& books) -> Result<Done> {
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(100));
            return books.outbox().publish(events);
        }));
    }
    std::string partitions(const std::string& table) {
        return count("pg_inherits WHERE inhparent = '" + table + "'::regclass");
    }
    void finish_claimed(DeliveryStatus becomes) {
        ASSERT_TRUE(world_->run([&](Books& books) -> Result<Done> {
            const Timestamp now = world_->clock.now();
            TOLLGATE_TRY(const auto due, books.outbox().claim({.endpoint = endpoint_,
                                                               .lane = Lane::fresh,
                                                               .limit = 1,
                                                               .now = now,
                                                               .lease_until = now + kDay}));
            EXPECT_EQ(due.size(), 1U);
            return books.outbox().finish_attempt({.delivery = due.front().row,
                                                  .attempt = 1,
                                                  .started_at = now,
                                                  .finished_at = now,
                                                  .outcome = "timeout",
                                                  .becomes = becomes,
                                                  .next_attempt_at = now});
        }));
    }
    std::int64_t removed_to() {
        auto lease = world_->store->read();
        return *(*lease)->outbox().events_removed_to();
    }

    std::unique_ptr<EngineWorld> world_;
    Endpoint endpoint_;
};

TEST_P(RetentionContract, WhatAlipaySentGoesAndItsDedupKeyStays) {
    for (int i = 0; i < 5; ++i) notified("old" + std::to_string(i));
    world_->clock.pass(70 * kDay);
    notified("young");
    drop_bodies(world_->clock.now() + -20 * kDay);
    EXPECT_EQ(count("notification_body"), "1");
    EXPECT_EQ(count("notification"), "6");
    auto lease = world_->store->read();
    EXPECT_TRUE((*lease)->notification({"shop", "", "old3"})->has_value());
}

TEST_P(RetentionContract, WhatAnOpenDifferenceNamesStaysUntilItIsSettled) {
    notified("a");
    dispute(notified("b"));
    notified("c");
    world_->clock.pass(70 * kDay);
    const Timestamp before = world_->clock.now() + -20 * kDay;
    drop_bodies(before);
    EXPECT_EQ(count("notification_body"), "1");
    settle();
    drop_bodies(before);
    EXPECT_EQ(count("notification_body"), "0");
}

TEST_P(RetentionContract, EventsGoWithTheirDeliveriesUnlessAnEndpointHasStillToGetThem) {
    endpoint_.id = "orders";
    endpoint_.plan.url = "http://a/";
    ASSERT_TRUE(world_->run([&](Books& books) -> Result<Done> {
        TOLLGATE_DO(books.outbox().add_endpoint(endpoint_));
        for (const char* id : {"evt_1", "evt_2", "evt_3"}) TOLLGATE_DO(tell(books, id));
        return Done{};
    }));
    publish();
    finish_claimed(DeliveryStatus::spent);
    finish_claimed(DeliveryStatus::pending);
    finish_claimed(DeliveryStatus::spent);
    const Timestamp before = world_->clock.now() + hours(1);
    world_->clock.pass(hours(2));
    ASSERT_TRUE(world_->run([&](Books& books) { return tell(books, "evt_4"); }));
    publish();
    const auto step =
        world_->run([&](Books& books) { return books.retention().drop_events(before, 0, 100); });
    ASSERT_TRUE(step) << step.error().message();
    EXPECT_EQ(step->removed, 2);
    EXPECT_EQ(step->next, 0);
    EXPECT_EQ(count("event"), "2");
    EXPECT_EQ(count("event WHERE event_id IN ('evt_2', 'evt_4')"), "2");
    EXPECT_EQ(count("delivery"), "2");
    EXPECT_EQ(count("attempt"), "1");
    EXPECT_EQ(removed_to(), 3);
}

// Or the next one would get a number that a reader has seen already.
TEST_P(RetentionContract, TheLastEventStays) {
    for (const char* id : {"evt_1", "evt_2"}) {
        ASSERT_TRUE(world_->run([&](Books& books) { return tell(books, id); }));
    }
    publish_without_endpoint();
    const Timestamp later = world_->clock.now() + hours(1);
    ASSERT_TRUE(
        world_->run([&](Books& books) { return books.retention().drop_events(later, 0, 100); }));
    EXPECT_EQ(count("event"), "1");
    ASSERT_TRUE(world_->run([&](Books& books) { return tell(books, "evt_3"); }));
    publish_without_endpoint();
    auto lease = world_->store->read();
    const auto events = (*lease)->outbox().events({.apps = {"shop"}});
    ASSERT_EQ(events->size(), 2U);
    EXPECT_EQ(events->back().publication, 3);
}

// A month's partition goes as a whole; what is wanted of it moves out first.
TEST_P(RetentionContract, MonthsAreDroppedWhole) {
    if (GetParam() == Engine::sqlite) GTEST_SKIP() << "skipped: SQLite has no partitions";
    ASSERT_TRUE(world_->store->turn_partitions(world_->clock.now(), {}));
    EXPECT_EQ(partitions("notification_body"), "3");  // This month, the next, and the rest.
    notified("a");
    dispute(notified("b"));
    EXPECT_EQ(count("notification_body_rest"), "0");
    world_->clock.pass(100 * kDay);
    notified("late");
    EXPECT_EQ(count("notification_body_rest"), "1");  // Nobody has made its month yet.
    drop_bodies(world_->clock.now() + -40 * kDay);
    EXPECT_EQ(count("notification_body"), "2");
    EXPECT_EQ(count("notification_body_rest"), "1");  // What is wanted; the late one has moved.
    EXPECT_EQ(partitions("notification_body"), "3");
    EXPECT_EQ(partitions("attempt"), "5");  // No age was given: all are kept.
}

INSTANTIATE_TEST_SUITE_P(Engines, RetentionContract, testing::every_engine(), testing::engine_name);

}  // namespace
}  // namespace tollgate::ledger
