// The contract of Books and Reading, to be passed by every engine.
#include "ledger/books.h"

#include <gtest/gtest.h>

#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {
namespace {

using testing::EngineWorld;
using testing::LedgerWorld;

class BooksContract : public testing::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(, BooksContract, testing::every_engine(), testing::engine_name);
class IdempotencyContract : public testing::EveryEngine {};
INSTANTIATE_TEST_SUITE_P(, IdempotencyContract, testing::every_engine(), testing::engine_name);

TEST_P(BooksContract, GivesBackWhatWasWritten) {
    EngineWorld world(GetParam());
    Payment wanted = world.payment("T1");
    wanted.order = "O1";
    wanted.metadata = R"({"a":1})";
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.add_payment(wanted,
                                 {.fingerprint = "{\"x\":1}",
                                  .return_url = "http://shop/",
                                  .action = "{\"type\":\"sdk\"}"},
                                 world.origin);
    }));
    const auto found = world.find("T1");
    ASSERT_TRUE(found);
    EXPECT_EQ(to_json(*found), to_json(wanted));
    auto reading = world.store->read();
    const auto request = (*reading)->request_of(*found);
    EXPECT_EQ(request->fingerprint, "{\"x\":1}");
    EXPECT_EQ(request->return_url, "http://shop/");
    EXPECT_EQ((*reading)->payment_by_id(wanted.id)->value().row, found->row);
    EXPECT_EQ((*reading)->payments_of_order("shop", "O1", 10)->size(), 1U);
}

TEST_P(BooksContract, RefusesANumberThatIsTaken) {
    EngineWorld world(GetParam());
    world.added("T1");
    const auto again = world.run([&](Books& books) {
        auto same = world.payment("T1");
        return books.add_payment(same, {.fingerprint = "{}"}, world.origin);
    });
    EXPECT_EQ(again.error().code(), ErrorCode::conflict);
    // Alipay's numbers are unique per merchant: another app of the same seller may not use it.
    const auto other_app = world.run([&](Books& books) {
        auto same = world.payment("T1");
        same.app = "other";
        return books.add_payment(same, {.fingerprint = "{}"}, world.origin);
    });
    EXPECT_EQ(other_app.error().code(), ErrorCode::conflict);
}

TEST(SqliteStore, BelongsToOneProcessAtATime) {
    LedgerWorld world;
    const auto second = open_sqlite_store({.file = world.folder.file("ledger.db")}, world.clock);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), ErrorCode::unavailable);
}

TEST(SqliteStore, LetsACommandWriteBesideAGateway) {
    LedgerWorld world;
    world.added("T1");
    const SqliteOptions beside{.file = world.folder.file("ledger.db"), .beside_gateway = true};
    auto store = open_sqlite_store(beside, world.clock);
    ASSERT_TRUE(store) << store.error().message();
    auto connection = (*store)->write_connection();
    ASSERT_TRUE(connection);
    Writer writer(*std::move(connection), {}, world.log.get());
    Result<Done> outcome = Error(ErrorCode::internal, "not run");
    writer.submit(make_unit(
        [&](Books& books) {
            auto payment = world.payment("T2");
            return books.add_payment(payment, {.fingerprint = "{}"}, world.origin);
        },
        [&](Result<Done> done) { outcome = std::move(done); }));
    ASSERT_TRUE(writer.run_once());
    EXPECT_TRUE(outcome);
    // Each sees what the other has written, and both go on.
    EXPECT_TRUE(world.find("T2"));
    world.added("T3");
    EXPECT_TRUE(*(*(*store)->read())->payment_by_number("shop", "T3"));
}

TEST(SqliteStore, NeverMakesOrChangesALedgerBesideAGateway) {
    testing::TempFolder folder;
    testing::HandClock clock;
    const SqliteOptions beside{.file = folder.file("ledger.db"), .beside_gateway = true};
    EXPECT_EQ(open_sqlite_store(beside, clock).error().code(), ErrorCode::not_found);
    auto db = Database::open(beside.file, Database::Mode::read_write);
    ASSERT_TRUE(db->run("PRAGMA user_version = 1"));
    EXPECT_EQ(open_sqlite_store(beside, clock).error().reason(), kSchemaOlder);
    ASSERT_TRUE(db->run("PRAGMA user_version = 9999"));
    EXPECT_EQ(open_sqlite_store(beside, clock).error().code(), ErrorCode::failed_precondition);
}

TEST_P(BooksContract, WritesAHistory) {
    EngineWorld world(GetParam());
    Payment payment = world.added("T1");
    ASSERT_TRUE(world.run([&](Books& books) {
        return books.change_payment(
            payment, {.to = PaymentStatus::paid, .trade_no = "2026", .paid_at = world.clock.now()},
            {.cause = Cause::notification, .cause_id = "n1", .request_id = "r1"},
            world.clock.now());
    }));
    auto reading = world.store->read();
    const auto history = (*reading)->history_of(payment);
    ASSERT_EQ(history->size(), 2U);
    EXPECT_EQ((*history)[1].from, "pending");
    EXPECT_EQ((*history)[1].to, "paid");
    EXPECT_EQ((*history)[1].cause_id, "n1");
    EXPECT_EQ((*reading)->payment_by_trade_no("2026")->value().id, payment.id);
}

TEST_P(BooksContract, BindsATradeNumberToOnePaymentOnly) {
    EngineWorld world(GetParam());
    Payment first = world.added("T1");
    Payment second = world.added("T2");
    const auto bind = [&](Payment& payment) {
        return world.run([&](Books& books) {
            Payment copy = payment;
            return books.change_payment(copy, {.to = PaymentStatus::paid, .trade_no = "2026"},
                                        world.origin, world.clock.now());
        });
    };
    EXPECT_TRUE(bind(first));
    EXPECT_EQ(bind(second).error().code(), ErrorCode::conflict);
}

TEST_P(BooksContract, KeepsANotifyIdOncePerNumber) {
    EngineWorld world(GetParam());
    NotificationRecord record;
    record.app = "shop";
    record.notify_id = "n1";
    record.kind = "trade_status_sync";
    record.verdict = Verdict::accepted;
    record.headers = "{}";
    const auto add = [&] {
        return world.run([&](Books& books) { return books.add_notification(record); });
    };
    EXPECT_TRUE(add());
    EXPECT_EQ(add().error().code(), ErrorCode::conflict);
    record.out_trade_no = "T1";  // News of an order is no repeat of what told of none.
    EXPECT_TRUE(add());
    EXPECT_EQ(add().error().code(), ErrorCode::conflict);
    record.out_trade_no = "T2";
    EXPECT_TRUE(add());
    record.app = "other";  // Another app's numbers are another app's.
    EXPECT_TRUE(add());
    auto reading = world.store->read();
    for (const char* const number : {"", "T1", "T2"}) {
        const auto seen = (*reading)->notification({"shop", number, "n1"});
        EXPECT_EQ(seen->value().verdict, Verdict::accepted) << number;
    }
    EXPECT_FALSE((*reading)->notification({"shop", "", "n2"})->has_value());
    EXPECT_FALSE((*reading)->notification({"shop", "T3", "n1"})->has_value());
}

TEST_P(BooksContract, KeepsTheNewestUnverifiedOnesOfEachApp) {
    EngineWorld world(GetParam());
    const auto ask = [&](const std::string& what, const std::string& app) {
        return world.ask("SELECT " + what +
                         " FROM notification JOIN notification_body ON notification = id"
                         " WHERE app = '" +
                         app + "'");
    };
    for (int i = 0; i < 9; ++i) {
        for (const char* app : {"shop", "other"}) {
            NotificationRecord record;
            record.app = app;
            record.kind = "unverified";
            record.headers = "{}";
            record.body = std::to_string(i);
            ASSERT_TRUE(world.run([&](Books& books) { return books.add_unverified(record, 3); }));
        }
    }
    EXPECT_EQ(ask("count(*)", "shop"), "3");
    // The newest has the highest row.
    const std::string newest = GetParam() == testing::Engine::sqlite
                                   ? "body, max(id)"
                                   : "convert_from((array_agg(body ORDER BY id DESC))[1], 'UTF8')";
    EXPECT_EQ(ask(newest, "shop"), "8");
    EXPECT_EQ(ask("count(*)", "other"), "3");
}

TEST_P(BooksContract, OpensADifferenceOncePerTradeAndClass) {
    EngineWorld world(GetParam());
    DifferenceRecord record{.id = "dif_1",
                            .app = "shop",
                            .difference_class = "amount_mismatch",
                            .trade_no = "2026",
                            .evidence = "{}"};
    const auto open = [&] {
        auto opened = world.run([&](Books& books) { return books.open_difference(record); });
        record.id += "1";
        return *opened;
    };
    EXPECT_TRUE(open());
    EXPECT_FALSE(open());
    record.difference_class = "seller_id_mismatch";
    EXPECT_TRUE(open());
}

TEST_P(BooksContract, RenewsADifferenceAndOpensASettledOneAgain) {
    EngineWorld world(GetParam());
    DifferenceRecord record{.id = "dif_1",
                            .app = "shop",
                            .difference_class = "amount_mismatch",
                            .trade_no = "2026",
                            .evidence = R"({"word":"first"})",
                            .opened_at = {1'000}};
    ASSERT_TRUE(world.run([&](Books& books) { return books.open_difference(record); }));
    const auto known = [&] {
        const auto reading = world.store->read();
        auto found = (*reading)->difference_about("shop", "2026", "amount_mismatch");
        EXPECT_TRUE(found && *found);
        return **found;
    };
    record.evidence = R"({"word":"second"})";
    record.opened_at = {2'000};
    const auto seen = known();
    ASSERT_TRUE(world.run([&](Books& books) { return books.renew_difference(seen, record); }));
    EXPECT_EQ(known().evidence, record.evidence);
    EXPECT_EQ(known().opened_at.ms, 1'000);  // It was open all the time.

    ASSERT_TRUE(world.run([&](Books& books) {
        return books.settle_difference(known(), R"({"action":"ignore"})", {3'000});
    }));
    // Whoever has seen it open must look again.
    EXPECT_FALSE(world.run([&](Books& books) { return books.renew_difference(seen, record); }));
    ASSERT_TRUE(world.run([&](Books& books) { return books.renew_difference(known(), record); }));
    EXPECT_TRUE(known().open);
    EXPECT_FALSE(known().settlement);
    EXPECT_EQ(known().opened_at.ms, 2'000);
    EXPECT_EQ(known().settled_at, std::nullopt);

    const auto reading = world.store->read();
    const auto none = (*reading)->difference_about("shop", "2026", "trade_no_mismatch");
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
}

TEST_P(IdempotencyContract, TakesAKeyOverOnlyWhenItsHolderIsGone) {
    EngineWorld world(GetParam());
    IdempotencyRecord record{.caller = "c",
                             .key = "k",
                             .fingerprint = "{}",
                             .running_until = world.clock.now() + std::chrono::seconds(10),
                             .expires_at = world.clock.now() + std::chrono::hours(24)};
    const auto begin = [&] {
        return world
            .run([&](Books& books) { return books.begin_idempotency(record, world.clock.now()); })
            .has_value();
    };
    EXPECT_TRUE(begin());
    EXPECT_FALSE(begin());
    world.clock.pass(std::chrono::seconds(10));
    record.running_until = world.clock.now() + std::chrono::seconds(10);
    EXPECT_TRUE(begin());
    record.status = 201;
    record.body = "{}";
    ASSERT_TRUE(
        world.run([&](Books& books) { return books.store_answer(record, world.clock.now()); }));
    EXPECT_FALSE(begin());  // Answered: nobody runs it again.
    world.clock.pass(std::chrono::hours(24));
    EXPECT_TRUE(begin());  // Expired: the key is free.
}

}  // namespace
}  // namespace tollgate::ledger
