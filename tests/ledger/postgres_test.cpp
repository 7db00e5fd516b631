// What PostgreSQL alone has to show: broken connections, processes side by side, round trips.
#include "ledger/postgres_store.h"

#include <thread>

#include <gtest/gtest.h>

#include "ledger/migrations.h"
#include "ledger/postgres_hints.h"
#include "ledger/postgres_migrate.h"
#include "tests/ledger/every_engine.h"
#include "tests/support/postgres_wire.h"

namespace tollgate::ledger {
namespace {

using testing::Engine;
using testing::EngineWorld;
using testing::PostgresServer;
using testing::PostgresWire;

constexpr const char* kEndOthers =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()";

class Postgres : public ::testing::Test {
protected:
    void SetUp() override {
        if (PostgresServer::is_installed()) return;
        ASSERT_EQ(std::getenv("TOLLGATE_NO_SKIP"), nullptr) << "postgresql is not installed";
        GTEST_SKIP() << "skipped: postgresql is not installed";
    }

    // Another process over the same database, or by another way to it.
    struct Process {
        std::unique_ptr<Store> store;
        std::unique_ptr<WriteConnection> connection;
        std::unique_ptr<Writer> writer;
    };
    Process process(const std::string& conninfo) {
        PostgresOptions options = world_.beside();
        options.address.conninfo = conninfo;
        options.address.statement_timeout = std::chrono::milliseconds(2'000);
        Process made;
        auto store = open_postgres_store(std::move(options), world_.clock);
        EXPECT_TRUE(store) << store.error().message();
        made.store = *std::move(store);
        auto connection = made.store->write_connection();
        EXPECT_TRUE(connection) << connection.error().message();
        made.connection = *std::move(connection);
        return made;
    }
    Process writing_process(const std::string& conninfo) {
        Process made = process(conninfo);
        made.writer = std::make_unique<Writer>(std::move(made.connection), Writer::Options{},
                                               world_.log.get());
        return made;
    }

    auto adding(const std::string& number) {
        return [this, payment = world_.payment(number)](Books& books) -> Result<Done> {
            Payment copy = payment;
            return books.add_payment(copy, {.fingerprint = "{}"}, world_.origin);
        };
    }
    auto telling(const std::string& id) {
        return [this, id](Books& books) {
            return books.add_event({.id = id,
                                    .app = "shop",
                                    .type = "payment.paid",
                                    .payload = "{}",
                                    .created_at = world_.clock.now()});
        };
    }
    void publish() {
        ASSERT_TRUE(world_.run([](Books& books) -> Result<Done> {
            TOLLGATE_TRY(const auto events, books.outbox().unpublished_events(100));
            return books.outbox().publish(events);
        }));
    }
    std::vector<std::string> events_after(std::int64_t& cursor) {
        auto reading = world_.store->read();
        const auto events = (*reading)->outbox().events({.apps = {"shop"}, .after = cursor});
        std::vector<std::string> ids;
        for (const auto& event : *events) {
            EXPECT_GT(event.publication.value_or(0), cursor);
            cursor = event.publication.value_or(cursor);
            ids.push_back(event.id);
        }
        return ids;
    }

    EngineWorld world_{Engine::postgres};
};

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

TEST_F(Postgres, ABatchWhoseConnectionBreaksRunsAgain) {
    int runs = 0;
    const auto outcome = world_.run([&, add = adding("T1")](Books& books) -> Result<Done> {
        TOLLGATE_DO(add(books));
        if (++runs == 1) PostgresServer::ask(world_.database, kEndOthers);
        TOLLGATE_TRY([[maybe_unused]] const auto found,
                     books.read().payment_by_number("shop", "T1"));
        return Done{};
    });
    EXPECT_TRUE(outcome);
    EXPECT_EQ(runs, 2);
    EXPECT_TRUE(world_.find("T1"));
    EXPECT_FALSE(world_.writer->health().write_failing);
}

TEST_F(Postgres, ReadsOnAfterItsConnectionsWereClosed) {
    world_.added("T1");
    EXPECT_TRUE(world_.find("T1"));
    PostgresServer::ask(world_.database, kEndOthers);
    EXPECT_TRUE(world_.find("T1"));
}

TEST_F(Postgres, AnswersUnavailableWhileTheServerIsAwayAndGoesOnByItself) {
    world_.added("T1");
    PostgresServer::shared()->kill();
    const auto while_away = world_.run(adding("T2"));
    ASSERT_FALSE(while_away);
    EXPECT_EQ(while_away.error().code(), ErrorCode::unavailable);
    EXPECT_TRUE(world_.writer->health().write_failing);
    auto reading = world_.store->read();
    EXPECT_EQ((*reading)->payment_by_number("shop", "T1").error().code(), ErrorCode::unavailable);

    ASSERT_TRUE(PostgresServer::shared()->start()) << PostgresServer::shared()->log();
    world_.clock.pass(std::chrono::seconds(10));  // Longer than any pause between two tries.
    EXPECT_TRUE(world_.run([&](Books& books) { return books.beat(world_.clock.now()); }));
    EXPECT_FALSE(world_.writer->health().write_failing);
    EXPECT_TRUE(world_.find("T1"));
    EXPECT_FALSE(world_.find("T2"));
    EXPECT_TRUE(world_.run(adding("T2")));
}

// It was committed, and nobody heard: the next connection asks.
TEST_F(Postgres, ACommitWhoseAnswerIsLostIsFoundOut) {
    PostgresWire wire(world_.database);
    Process far = writing_process(wire.conninfo());
    int answers = 0;
    int runs = 0;
    const auto submit = [&](const std::string& number) {
        far.writer->submit(make_unit(
            [&, add = adding(number)](Books& books) {
                ++runs;
                return add(books);
            },
            [&](const Result<Done>& outcome) {
                EXPECT_TRUE(outcome) << outcome.error().message();
                ++answers;
            }));
    };
    submit("T0");
    ASSERT_TRUE(far.writer->run_once());
    wire.lose_next_commit();
    submit("T1");
    submit("T2");
    ASSERT_TRUE(far.writer->run_once());
    EXPECT_EQ(answers, 1);  // Nobody is told before it is certain.
    submit("T3");
    ASSERT_TRUE(far.writer->run_once());
    EXPECT_EQ(answers, 3);
    EXPECT_EQ(runs, 3);  // Found out, not done again.
    EXPECT_TRUE(world_.find("T1") && world_.find("T2"));
    EXPECT_FALSE(world_.find("T3"));
    ASSERT_TRUE(far.writer->run_once());
    EXPECT_EQ(answers, 4);
    EXPECT_FALSE(far.writer->health().in_doubt);
}

// It died in the COMMIT, before anything was committed: the units run again.
TEST_F(Postgres, ACommitThatDiedIsDoneAgain) {
    PostgresServer::ask(world_.database,
                        "CREATE SEQUENCE deaths;"
                        " CREATE FUNCTION die_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        " IF nextval('deaths') = 1 THEN"
                        " PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
                        " RETURN NULL; END $$;"
                        " CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON payment"
                        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die_once()");
    int answers = 0;
    for (const char* number : {"T1", "T2"}) {
        world_.writer->submit(make_unit(adding(number), [&](const Result<Done>& outcome) {
            EXPECT_TRUE(outcome) << outcome.error().message();
            ++answers;
        }));
    }
    ASSERT_TRUE(world_.writer->run_once());
    EXPECT_EQ(answers, 0);
    ASSERT_TRUE(world_.writer->run_once());
    EXPECT_EQ(answers, 2);
    EXPECT_TRUE(world_.find("T1") && world_.find("T2"));
}

TEST_F(Postgres, AsksNoLongerThanItWasToldAndThenStops) {
    PostgresWire wire(world_.database);
    Process far = writing_process(wire.conninfo());
    wire.lose_next_commit();
    bool answered = false;
    far.writer->submit(make_unit(adding("T1"), [&](const Result<Done>&) { answered = true; }));
    ASSERT_TRUE(far.writer->run_once());
    PostgresServer::shared()->kill();
    EXPECT_TRUE(far.writer->run_once());
    world_.clock.pass(std::chrono::minutes(5));
    const auto given_up = far.writer->run_once();
    ASSERT_FALSE(given_up);
    EXPECT_EQ(given_up.error().reason(), "commit_in_doubt");
    EXPECT_FALSE(answered);
    ASSERT_TRUE(PostgresServer::shared()->start()) << PostgresServer::shared()->log();
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
