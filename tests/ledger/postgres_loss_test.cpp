// PostgreSQL whose connections break, whose machine falls silent, and COMMITs whose end nobody
// heard.
#include "ledger/postgres_store.h"

#include <gtest/gtest.h>

#include "tests/ledger/postgres_world.h"
#include "tests/support/postgres_wire.h"

namespace tollgate::ledger {
namespace {

using testing::PostgresServer;
using testing::PostgresWire;

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

// One reader waits in vain; what the others would ask on their connections is not even sent.
TEST_F(Postgres, NobodyElseWaitsForAServerThatOneHasFoundSilent) {
    world_.added("T1");
    PostgresWire wire(world_.database);
    const Process far = process(wire.conninfo());
    auto one = far.store->read();
    auto two = far.store->read();
    const auto ask = [](ReadLease& lease) { return lease->payment_by_number("shop", "T1"); };
    ASSERT_TRUE(ask(*one));
    ASSERT_TRUE(ask(*two));
    wire.fall_silent();
    EXPECT_EQ(ask(*one).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(wire.lost_questions(), 1);
    EXPECT_EQ(ask(*two).error().code(), ErrorCode::unavailable);
    EXPECT_EQ(ask(*two).error().message(), "postgres: the database was away a moment ago");
    EXPECT_EQ(wire.lost_questions(), 1);
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

// Behind a proxy, say: the COMMIT is still under way when it is asked about, and comes to nothing.
TEST_F(Postgres, ABatchThatArrivesAfterItWasAskedAboutCommitsNothing) {
    PostgresWire wire(world_.database);
    Process far = writing_process(wire.conninfo());
    const auto submit = [&](const std::string& number, bool only_once) {
        far.writer->submit(make_unit(
            [&, runs = 0, only_once, add = adding(number)](Books& books) mutable -> Result<Done> {
                if (++runs > 1 && only_once)
                    return Error(ErrorCode::failed_precondition, "not again");
                return add(books);
            },
            [](const Result<Done>&) {}));
    };
    submit("T0", false);  // Prepares what the next one says, so that it says all of it at once.
    ASSERT_TRUE(far.writer->run_once());
    wire.hold_next_with("T1");
    submit("T1", true);
    ASSERT_TRUE(far.writer->run_once());
    ASSERT_TRUE(far.writer->run_once());  // Asks: it is not committed. The unit declines.
    wire.deliver_held();
    EXPECT_FALSE(world_.find("T1"));
    submit("T2", false);
    ASSERT_TRUE(far.writer->run_once());
    EXPECT_TRUE(world_.find("T2"));
}

// A server that took over had not heard of the one process when it gave the other its number.
TEST_F(Postgres, WhoseNumberAnotherProcessUsesTakesAnotherOne) {
    ASSERT_TRUE(world_.run(adding("T1")));
    PostgresServer::ask(world_.database, "UPDATE writer SET batch = batch + 1000");
    EXPECT_TRUE(world_.run(adding("T2")));
    EXPECT_TRUE(world_.run(adding("T3")));
    EXPECT_TRUE(world_.find("T2") && world_.find("T3"));
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

}  // namespace
}  // namespace tollgate::ledger
