// The contract of what people look for, and of what is written down of their actions; to be passed
// by every engine.
#include <gtest/gtest.h>

#include "ledger/books.h"
#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::EngineWorld;

class LookupContract : public testing::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(, LookupContract, testing::every_engine(), testing::engine_name);

std::vector<std::string> numbers_of(const std::vector<Payment>& payments) {
    std::vector<std::string> numbers;
    for (const Payment& payment : payments) numbers.push_back(payment.out_trade_no);
    return numbers;
}

// Asks a connection that only reads.
template <typename Ask>
auto looked_up(EngineWorld& world, Ask ask) {
    auto lease = world.store->read();
    EXPECT_TRUE(lease);
    auto found = ask((*lease)->lookup());
    EXPECT_TRUE(found) << found.error().message();
    return *std::move(found);
}

RowId add_notification(EngineWorld& world, const std::string& id, Verdict verdict,
                       std::optional<RowId> payment = {}, const std::string& app = "shop") {
    NotificationRecord record;
    record.app = app;
    if (!id.empty()) record.notify_id = id;
    record.payment = payment;
    record.kind = "trade_status_sync";
    record.out_trade_no = "T1";
    record.verdict = verdict;
    record.reason = "a reason";
    record.received_at = world.clock.now();
    record.headers = "{}";
    record.body = std::string("a=\xFF\0b", 5);
    const auto row = world.run([&](Books& books) { return books.add_notification(record); });
    EXPECT_TRUE(row) << row.error().message();
    return *row;
}

ActionRecord action_at(EngineWorld& world, const std::string& target) {
    return {.id = make_id("act", world.clock.now(), world.entropy),
            .operator_name = "li",
            .role = "operator",
            .action = "payments.close",
            .target = target,
            .request_id = "req_1",
            .reason = "顾客来电",
            .before = R"({"status":"pending"})",
            .after = {},
            .status = {},
            .at = world.clock.now(),
            .finished_at = {}};
}

TEST_P(LookupContract, ListsPaymentsTheNewestFirstPageByPage) {
    EngineWorld world(GetParam());
    for (const char* number : {"T1", "T2", "T3", "T4", "T5"}) {
        world.added(number);
        world.clock.pass(seconds(1));
    }
    PaymentQuery query{.apps = {"shop"}, .limit = 2};
    std::vector<std::string> seen;
    for (int page_number = 0; page_number < 4; ++page_number) {
        const auto page = looked_up(world, [&](auto& lookup) { return lookup.payments(query); });
        for (const auto& number : numbers_of(page.rows)) seen.push_back(number);
        if (!page.next) break;
        query.after = *page.next;
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"T5", "T4", "T3", "T2", "T1"}));
}

TEST_P(LookupContract, FindsPaymentsByAppStatusAndTime) {
    EngineWorld world(GetParam());
    Payment first = world.added("T1");
    world.clock.pass(minutes(1));
    const Timestamp middle = world.clock.now();
    world.added("T2");
    ASSERT_TRUE(world.run([&](Books& books) {
        Payment copy = first;
        return books.change_payment(copy, {.to = PaymentStatus::closing}, world.origin,
                                    world.clock.now());
    }));
    const auto find = [&](PaymentQuery query) {
        return numbers_of(
            looked_up(world, [&](auto& lookup) { return lookup.payments(query); }).rows);
    };
    using Numbers = std::vector<std::string>;
    EXPECT_EQ(find({.apps = {"books"}}), Numbers{});
    EXPECT_EQ(find({.apps = {"shop"}, .status = PaymentStatus::closing}), Numbers{"T1"});
    EXPECT_EQ(find({.apps = {"shop"}, .since = middle}), Numbers{"T2"});
    EXPECT_EQ(find({.apps = {"shop"}, .until = middle}), Numbers{"T1"});
    EXPECT_EQ(find({.apps = {}}), Numbers{});
}

TEST_P(LookupContract, FindsAPaymentByItsRefundsNumberAndItsEventsId) {
    EngineWorld world(GetParam());
    const Payment payment = world.added("T1");
    world.added("T2");
    const std::string event_id = make_id("evt", world.clock.now(), world.entropy);
    ASSERT_TRUE(world.run([&](Books& books) -> Result<Done> {
        Refund refund;
        refund.id = make_id("ref", world.clock.now(), world.entropy);
        refund.payment = payment.row;
        refund.out_request_no = "R1";
        refund.amount = Money::from_fen(1);
        refund.created_at = world.clock.now();
        TOLLGATE_DO(books.refunds().add(refund, world.origin));
        return books.add_event({.id = event_id,
                                .app = "shop",
                                .type = "payment.paid",
                                .payment = payment.row,
                                .version = 1,
                                .payload = "{}",
                                .only_endpoint = {},
                                .created_at = world.clock.now()});
    }));
    EXPECT_EQ(numbers_of(looked_up(
                  world, [](auto& lookup) { return lookup.payments_refunded_as("R1", 10); })),
              std::vector<std::string>{"T1"});
    const auto found =
        looked_up(world, [&](auto& lookup) { return lookup.payment_of_event(event_id); });
    ASSERT_TRUE(found);
    EXPECT_EQ(found->id, payment.id);
    EXPECT_FALSE(looked_up(world, [](auto& lookup) { return lookup.payment_of_event("evt_0"); }));
    const auto at = world.clock.now();
    const auto events =
        looked_up(world, [&](auto& lookup) { return lookup.events_of(payment, at); });
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].id, event_id);
    const Timestamp later = at + seconds(1);
    EXPECT_TRUE(
        looked_up(world, [&](auto& lookup) { return lookup.events_of(payment, later); }).empty());
}

TEST_P(LookupContract, ShowsNotificationsWithEveryByteOfTheirBody) {
    EngineWorld world(GetParam());
    const Payment payment = world.added("T1");
    add_notification(world, "n1", Verdict::accepted, payment.row);
    world.clock.pass(minutes(10));
    const Timestamp later = world.clock.now();
    const RowId second = add_notification(world, "", Verdict::rejected);
    add_notification(world, "n3", Verdict::accepted, {}, "books");
    const auto find = [&](NotificationQuery query) {
        return looked_up(world, [&](auto& lookup) { return lookup.notifications(query); }).rows;
    };
    ASSERT_EQ(find({.apps = {"shop"}}).size(), 2U);
    EXPECT_EQ(find({.apps = {"shop"}})[0].row, second);
    EXPECT_EQ(find({.apps = {"shop", "books"}}).size(), 3U);
    ASSERT_EQ(find({.apps = {"shop"}, .verdict = "accepted"}).size(), 1U);
    EXPECT_EQ(find({.apps = {"shop"}, .verdict = "accepted"})[0].payment_id, payment.id);
    EXPECT_EQ(find({.apps = {"shop"}, .verdict = "", .payment = payment.row}).size(), 1U);
    EXPECT_EQ(find({.apps = {"shop"}, .verdict = "", .payment = {}, .since = later}).size(), 1U);
    EXPECT_EQ(
        find({.apps = {"shop"}, .verdict = "", .payment = {}, .since = {}, .until = later}).size(),
        1U);
    const auto one = looked_up(world, [&](auto& lookup) { return lookup.notification(second); });
    ASSERT_TRUE(one);
    EXPECT_EQ(one->body, std::string("a=\xFF\0b", 5));
    EXPECT_EQ(one->reason, "a reason");
    EXPECT_FALSE(looked_up(world, [](auto& lookup) { return lookup.notification(999'999); }));
}

TEST_P(LookupContract, TurnsTheNotificationsPagesOver) {
    EngineWorld world(GetParam());
    for (int i = 0; i < 5; ++i) {
        add_notification(world, "n" + std::to_string(i), Verdict::accepted);
    }
    NotificationQuery query{.apps = {"shop"}, .limit = 2};
    std::vector<std::string> seen;
    for (int page_number = 0; page_number < 4; ++page_number) {
        const auto page =
            looked_up(world, [&](auto& lookup) { return lookup.notifications(query); });
        for (const auto& row : page.rows) seen.push_back(*row.notify_id);
        if (!page.next) break;
        query.after = *page.next;
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"n4", "n3", "n2", "n1", "n0"}));
}

TEST_P(LookupContract, CountsWhatHappenedInAStretchOfTime) {
    EngineWorld world(GetParam());
    world.added("T0");
    world.clock.pass(minutes(5));
    const Timestamp from = world.clock.now();
    const Payment payment = world.added("T1");
    world.added("T2");
    add_notification(world, "n1", Verdict::accepted, payment.row);
    for (const char* type : {"payment.paid", "payment.closed", "payment.failed", "payment.paid"}) {
        ASSERT_TRUE(world.run([&](Books& books) {
            return books.add_event({.id = make_id("evt", world.clock.now(), world.entropy),
                                    .app = "shop",
                                    .type = type,
                                    .payment = payment.row,
                                    .version = 1,
                                    .payload = "{}",
                                    .only_endpoint = {},
                                    .created_at = world.clock.now()});
        }));
    }
    world.clock.pass(minutes(1));
    const Timestamp to = world.clock.now();
    world.added("T3");
    const auto tally = looked_up(world, [&](auto& lookup) { return lookup.tally(from, to); });
    EXPECT_EQ(tally.created, 2);
    EXPECT_EQ(tally.paid, 2);
    EXPECT_EQ(tally.closed, 1);
    EXPECT_EQ(tally.failed, 1);
    EXPECT_EQ(tally.notifications, 1);
}

TEST_P(LookupContract, CountsTheUnfinishedAndNamesTheOldest) {
    EngineWorld world(GetParam());
    EXPECT_FALSE(looked_up(world, [](auto& lookup) { return lookup.unfinished(); }).oldest);
    for (const char* number : {"T1", "T2"}) {
        Payment payment = world.added(number);
        ASSERT_TRUE(world.run([&](Books& books) {
            Payment copy = payment;
            return books.set_next_sweep(copy, world.clock.now() + minutes(1));
        }));
        world.clock.pass(seconds(5));
    }
    const auto unfinished = looked_up(world, [](auto& lookup) { return lookup.unfinished(); });
    EXPECT_EQ(unfinished.pending, 2);
    EXPECT_EQ(unfinished.closing, 0);
    ASSERT_TRUE(unfinished.oldest);
    EXPECT_EQ(unfinished.oldest->out_trade_no, "T1");
}

TEST_P(LookupContract, WritesAnActionDownBeforeAndAfterIt) {
    EngineWorld world(GetParam());
    const ActionRecord action = action_at(world, "payments/pay_1");
    ASSERT_TRUE(world.run([&](Books& books) { return books.begin_action(action); }));
    auto page = looked_up(world, [](auto& lookup) { return lookup.actions({}); });
    ASSERT_EQ(page.rows.size(), 1U);
    EXPECT_EQ(page.rows[0].reason, "顾客来电");
    EXPECT_EQ(page.rows[0].before, R"({"status":"pending"})");
    EXPECT_FALSE(page.rows[0].status);
    EXPECT_FALSE(page.rows[0].after);

    world.clock.pass(seconds(1));
    const auto finish = [&] {
        return world.run([&](Books& books) {
            return books.finish_action(action.id, 200, R"({"status":"closed"})", world.clock.now());
        });
    };
    ASSERT_TRUE(finish());
    page = looked_up(world, [](auto& lookup) { return lookup.actions({}); });
    EXPECT_EQ(page.rows[0].status, 200);
    EXPECT_EQ(page.rows[0].after, R"({"status":"closed"})");
    EXPECT_EQ(page.rows[0].finished_at, world.clock.now());
    // What has been written down stays as it is.
    EXPECT_EQ(finish().error().code(), ErrorCode::stale_version);
}

TEST_P(LookupContract, FindsTheActionsOfATarget) {
    EngineWorld world(GetParam());
    for (const char* target : {"payments/pay_1", "payments/pay_2", "differences/dif_1"}) {
        const ActionRecord action = action_at(world, target);
        ASSERT_TRUE(world.run([&](Books& books) { return books.begin_action(action); }));
        world.clock.pass(seconds(1));
    }
    ActionQuery query{.targets = {"payments/pay_1", "differences/dif_1"}};
    const auto page = looked_up(world, [&](auto& lookup) { return lookup.actions(query); });
    ASSERT_EQ(page.rows.size(), 2U);
    EXPECT_EQ(page.rows[0].target, "differences/dif_1");
    ActionQuery first{.targets = {}, .after = {}, .limit = 2};
    auto all = looked_up(world, [&](auto& lookup) { return lookup.actions(first); });
    ASSERT_TRUE(all.next);
    first.after = *all.next;
    all = looked_up(world, [&](auto& lookup) { return lookup.actions(first); });
    ASSERT_EQ(all.rows.size(), 1U);
    EXPECT_EQ(all.rows[0].target, "payments/pay_1");
    EXPECT_FALSE(all.next);
}

}  // namespace
}  // namespace tollgate::ledger
