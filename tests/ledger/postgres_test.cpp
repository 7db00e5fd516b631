// What PostgreSQL alone has to show: processes side by side, round trips, the schema.
#include "ledger/postgres_store.h"

#include <thread>

#include <gtest/gtest.h>

#include "ledger/migrations.h"
#include "ledger/postgres_hints.h"
#include "ledger/postgres_migrate.h"
#include "tests/ledger/postgres_world.h"
#include "tests/support/postgres_wire.h"

namespace tollgate::ledger {
namespace {

using testing::PostgresServer;
using testing::PostgresWire;
using Ids = std::vector<std::string>;

// A transaction of another process that began before and commits after a reader has gone on.
TEST_F(Postgres, ATransactionThatCommitsLateIsNeverSkippedByTheCursor) {
    std::int64_t cursor = 0;
    Process other = process(world_.database);
    ASSERT_TRUE(other.connection->begin(WriteConnection::Care::among_others));
    ASSERT_TRUE(other.connection->savepoint(0));
    ASSERT_TRUE(telling("evt_late")(other.connection->books()));
    // Asking sends what is in line: the event has its row by now, and is not committed.
    ASSERT_TRUE(other.connection->books().read().payment_by_number("shop", "nobody"));
    ASSERT_TRUE(world_.run(telling("evt_early")));
    publish();
    EXPECT_EQ(events_after(cursor), Ids{"evt_early"});
    ASSERT_TRUE(other.connection->release_savepoint());
    std::string reason;
    ASSERT_EQ(other.connection->commit(&reason), WriteConnection::Commit::durable) << reason;
    EXPECT_EQ(events_after(cursor), Ids{});
    publish();
    EXPECT_EQ(events_after(cursor), Ids{"evt_late"});
}

// Who waited for a payment that another process held sees the refund which that one has added.
TEST_F(Postgres, AUnitThatRunsAloneSeesTheRefundThatWasAddedWhileItWaited) {
    const Payment payment = world_.added("T1");
    Process one = process(world_.database);
    Process two = process(world_.database);
    for (Process* process : {&one, &two}) {
        ASSERT_TRUE(process->connection->begin(WriteConnection::Care::alone));
        ASSERT_TRUE(process->connection->savepoint(0));
    }
    Refund refund;
    refund.id = refund.out_request_no = "ref_1";
    refund.payment = payment.row;
    refund.amount = Money::from_fen(30);
    refund.created_at = world_.clock.now();
    ASSERT_TRUE(one.connection->books().read().refunds().of(payment));
    ASSERT_TRUE(one.connection->books().refunds().add(refund, world_.origin));
    std::size_t seen = 0;
    std::thread waiting([&] {
        auto found = two.connection->books().read().payment_by_number("shop", "T1");
        ASSERT_TRUE(found) << found.error().message();
        const auto refunds = two.connection->books().read().refunds().of(**found);
        ASSERT_TRUE(refunds) << refunds.error().message();
        seen = refunds->size();
    });
    const auto waits = [&] {
        return world_.ask(
                   "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                   " AND wait_event_type = 'Lock'") == "1";
    };
    bool has_waited = false;
    for (int tries = 0; tries < 1'000 && !has_waited; ++tries) has_waited = waits();
    EXPECT_TRUE(has_waited);
    ASSERT_TRUE(one.connection->release_savepoint());
    std::string reason;
    EXPECT_EQ(one.connection->commit(&reason), WriteConnection::Commit::durable) << reason;
    waiting.join();
    EXPECT_EQ(seen, 1U);
    two.connection->roll_back();
}

TEST_F(Postgres, ABatchOfUnitsThatKnowWhatTheyReadCostsTwoRoundTrips) {
    PostgresWire wire(world_.database);
    Process far = writing_process(wire.conninfo());
    const auto run = [&](int first, int size) {
        int done = 0;
        for (int i = first; i < first + size; ++i) {
            const std::string number = "T" + std::to_string(i);
            far.writer->submit(make_unit(
                [&, number, add = adding(number)](Books& books) -> Result<Done> {
                    TOLLGATE_TRY(const auto found, books.read().payment_by_number("shop", number));
                    EXPECT_FALSE(found);
                    TOLLGATE_DO(add(books));
                    return books.add_event({.id = "evt_" + number,
                                            .app = "shop",
                                            .type = "payment.paid",
                                            .payload = "{}",
                                            .created_at = world_.clock.now()});
                },
                [&](const Result<Done>& outcome) { done += outcome ? 1 : 0; },
                [number](Foresight& keys) { keys.payments.emplace_back("shop", number); }));
        }
        EXPECT_TRUE(far.writer->run_once());
        EXPECT_EQ(done, size);
    };
    run(0, 1);  // Prepares, and fetches row numbers ahead.
    static_cast<void>(wire.round_trips());
    run(1, 100);
    EXPECT_EQ(wire.round_trips(), 2);
}

TEST_F(Postgres, OneUnitThatIsRefusedCostsTheOthersNothing) {
    Payment taken = world_.added("T1");
    ASSERT_TRUE(world_.run([&](Books& books) {
        return books.change_payment(taken, {.to = PaymentStatus::paid, .trade_no = "2026"},
                                    world_.origin, world_.clock.now());
    }));
    std::vector<std::string> outcomes(7);
    for (int i = 0; i < 7; ++i) {
        const auto note = [&, i](const Result<Done>& outcome) {
            outcomes[static_cast<std::size_t>(i)] =
                outcome ? "ok" : std::string(name_of(outcome.error().code()));
        };
        const std::string number = i == 3 ? "T1" : "N" + std::to_string(i);
        world_.writer->submit(make_unit(adding(number), note));
    }
    ASSERT_TRUE(world_.writer->run_once());
    EXPECT_EQ(outcomes, (std::vector<std::string>{"ok", "ok", "ok", "conflict", "ok", "ok", "ok"}));
    // The others together once more, and the one by itself, which wrote nothing.
    EXPECT_LE(world_.writer->health().commits, 4U);
}

TEST_F(Postgres, KeepsTextsThatItsEngineWouldRefuse) {
    const std::string odd("a\xFF\0b", 4);
    ASSERT_TRUE(world_.run([&](Books& books) {
        NotificationRecord record;
        record.app = "shop";
        record.kind = odd;
        record.headers = "{}";
        record.body = odd;  // Bytes are kept as they are.
        return books.add_unverified(record, 10);
    }));
    EXPECT_EQ(world_.ask("SELECT kind FROM notification"),
              "a\xEF\xBF\xBD\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(world_.ask("SELECT encode(body, 'hex') FROM notification_body"), "61ff0062");
    EXPECT_FALSE(world_.find(odd));
}

// --- the schema ----------------------------------------------------------------------------------

// A word of its own comes back to a process, too, and is none.
TEST_F(Postgres, AHintReachesTheOthersAloneAndOutlivesABrokenConnection) {
    constexpr std::chrono::milliseconds kMoment(10);
    constexpr int kTriesMax = 500;
    const Process there = process(world_.database);
    Hints& ours = *world_.store->hints();
    Hints& theirs = *there.store->hints();
    const auto heard = [&] {
        for (int i = 0; i < kTriesMax; ++i) {
            ours.tell();
            world_.clock.pass(PostgresHints::kTellEvery);
            EXPECT_FALSE(ours.run_once(kMoment));
            if (theirs.run_once(kMoment)) return true;
        }
        return false;
    };
    EXPECT_TRUE(heard());
    PostgresServer::ask(world_.database, kEndOthers);
    EXPECT_TRUE(heard());
}

// As many as there are in a moment are one word.
TEST_F(Postgres, HintsAreGathered) {
    const Process there = process(world_.database);
    Hints& ours = *world_.store->hints();
    Hints& theirs = *there.store->hints();
    EXPECT_FALSE(theirs.run_once(std::chrono::milliseconds(0)));
    for (int i = 0; i < 100; ++i) {
        ours.tell();
        ours.run_once(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(theirs.run_once(std::chrono::seconds(10)));
    EXPECT_FALSE(theirs.run_once(std::chrono::milliseconds(50)));
}

TEST_F(Postgres, ProcessesThatStartTogetherMakeTheSchemaOnce) {
    const std::string empty = PostgresServer::shared()->new_database();
    std::vector<std::thread> starting;
    for (int i = 0; i < 4; ++i) {
        starting.emplace_back([&] {
            PostgresOptions options;
            options.address.conninfo = empty;
            const auto store = open_postgres_store(std::move(options), world_.clock);
            EXPECT_TRUE(store) << store.error().message();
        });
    }
    for (auto& thread : starting) thread.join();
    EXPECT_EQ(PostgresServer::ask(empty, "SELECT count(*) FROM migration"),
              std::to_string(postgres_migrations().size()));
}

TEST_F(Postgres, RefusesASchemaThatIsNotItsOwn) {
    const auto open = [&](const std::string& conninfo, bool migrates) {
        PostgresOptions options;
        options.address.conninfo = conninfo;
        options.migrates = migrates;
        return open_postgres_store(std::move(options), world_.clock);
    };
    EXPECT_TRUE(open(world_.database, false));
    const std::string empty = PostgresServer::shared()->new_database();
    EXPECT_EQ(open(empty, false).error().reason(), kSchemaOlder);
    PostgresServer::ask(world_.database, "UPDATE migration SET sql = sql || ' ' WHERE number = 1");
    EXPECT_EQ(open(world_.database, true).error().code(), ErrorCode::failed_precondition);
    PostgresServer::ask(world_.database,
                        "UPDATE migration SET sql = rtrim(sql, ' ') WHERE number = 1;"
                        " INSERT INTO migration SELECT max(number) + 1, 'later', '', 0"
                        " FROM migration");
    EXPECT_EQ(open(world_.database, true).error().code(), ErrorCode::failed_precondition);
}

TEST_F(Postgres, LeavesNothingOfAStepThatFails) {
    PostgresAddress address;
    address.conninfo = PostgresServer::shared()->new_database();
    auto connection = PostgresConnection::open(address);
    ASSERT_TRUE(connection);
    const Migration broken{.number = 1,
                           .name = "0001_broken",
                           .sql = "CREATE TABLE a (x int); CREATE TABLE a (x int)"};
    EXPECT_FALSE(migrate_postgres(**connection, {broken}, Timestamp{0}));
    EXPECT_EQ(PostgresServer::ask(address.conninfo, "SELECT to_regclass('a') IS NULL"), "t");
    const Migration mended{.number = 1, .name = "0001_mended", .sql = "CREATE TABLE a (x int)"};
    EXPECT_TRUE(migrate_postgres(**connection, {mended}, Timestamp{0}));
}

TEST(PostgresStore, SaysWhyItCannotBeReached) {
    testing::HandClock clock;
    PostgresOptions options;
    options.address.conninfo = "host=/nowhere dbname=ledger";
    options.address.password = Secret("hush");
    const auto store = open_postgres_store(std::move(options), clock);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code(), ErrorCode::unavailable);
    EXPECT_NE(store.error().message().find("/nowhere"), std::string::npos);
    EXPECT_EQ(store.error().message().find("hush"), std::string::npos);
}

}  // namespace
}  // namespace tollgate::ledger
