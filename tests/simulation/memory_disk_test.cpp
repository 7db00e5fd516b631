// The simulated disk must be at least as cruel as a real one, and no crueller.
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "base/sqlite.h"
#include "ledger/sqlite_store.h"
#include "ledger/writer.h"
#include "tests/simulation/memory_vfs.h"
#include "tests/simulation/world.h"
#include "tests/support/fakes.h"

namespace tollgate::simulation {
namespace {

TEST(MemoryDisk, KeepsWhatWasSyncedWhenThePowerFails) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Dice dice(seed);
        DiskFile file;
        file.write(0, std::string(2'000, 'a'));
        file.sync();
        file.lose_power(dice);
        EXPECT_EQ(file.bytes(), std::string(2'000, 'a'));
    }
}

TEST(MemoryDisk, MayKeepLoseOrTearWhatWasNot) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        Dice dice(seed);
        DiskFile file;
        file.write(0, std::string(1'024, 'a'));
        file.sync();
        file.write(0, std::string(1'024, 'b'));
        EXPECT_EQ(file.bytes(), std::string(1'024, 'b')) << "a reader sees it at once";
        file.lose_power(dice);
        seen.insert(file.bytes());
    }
    const std::string a(512, 'a');
    const std::string b(512, 'b');
    EXPECT_EQ(seen, (std::set<std::string>{a + a, a + b, b + a, b + b}));
}

TEST(MemoryDisk, MayLoseAnEarlierWriteAndKeepALaterOne) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        Dice dice(seed);
        DiskFile file;
        file.write(0, "1");
        file.write(1, "2");
        file.lose_power(dice);
        seen.insert(file.bytes());
    }
    EXPECT_TRUE(seen.contains(std::string("\0002", 2)));
    EXPECT_TRUE(seen.contains("1"));
    EXPECT_TRUE(seen.contains(""));
}

TEST(MemoryDisk, MayKeepAnEarlierWriteToAPlaceAndLoseALaterOne) {
    std::set<std::string> seen;
    std::set<std::string> seen_cut;
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
        Dice dice(seed);
        DiskFile file;
        file.write(0, "11");
        file.write(1, "2");
        DiskFile cut;
        cut.write(0, "11");
        cut.truncate(1);
        cut.write(1, "3");
        file.lose_power(dice);
        cut.lose_power(dice);
        seen.insert(file.bytes());
        seen_cut.insert(cut.bytes());
    }
    EXPECT_EQ(seen, (std::set<std::string>{"", "11", "12", std::string("\0002", 2)}));
    EXPECT_TRUE(seen_cut.contains("11")) << "cut off later, and the cut was lost";
    EXPECT_TRUE(seen_cut.contains("13"));
}

TEST(MemoryDisk, TakesAWriteThatWasKilledBeforeItsFirstByte) {
    DiskFile file;
    file.write(0, "12");
    file.write(2, "");
    file.truncate(1);
    file.sync();
    Dice dice(1);
    file.lose_power(dice);
    EXPECT_EQ(file.bytes(), "1");
}

TEST(MemoryDisk, ForgetsAfterAFailedSyncWhatALaterOneDoesNotBringBack) {
    bool forgotten = false;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        Dice dice(seed);
        DiskFile file;
        file.write(0, "a");
        file.fail_sync(dice);
        EXPECT_EQ(file.bytes(), "a");
        file.write(1, "b");
        file.sync();
        file.lose_power(dice);
        forgotten = forgotten || file.bytes()[0] != 'a';
        EXPECT_EQ(file.bytes()[1], 'b');
    }
    EXPECT_TRUE(forgotten);
}

TEST(MemoryDisk, GivesBackWhatLostWritesHadCovered) {
    const std::string synced = std::string(1'000, 'a') + std::string(1'000, 'b');
    const auto last_with = [&synced](bool sync_fails_first) {
        std::set<std::string> seen;
        for (std::uint64_t seed = 1; seed <= 500; ++seed) {
            Dice dice(seed);
            DiskFile file;
            file.write(0, synced);
            file.sync();
            Dice for_nothing(1);
            if (sync_fails_first) file.fail_sync(for_nothing);
            file.write(500, std::string(1'000, 'c'));
            file.truncate(800);
            file.write(700, std::string(2'000, 'd'));
            file.write(650, std::string(100, 'e'));
            file.lose_power(dice);
            seen.insert(file.bytes());
        }
        return seen;
    };
    const std::set<std::string> seen = last_with(false);
    EXPECT_TRUE(seen.contains(synced)) << "all of it lost";
    EXPECT_TRUE(seen.contains(synced.substr(0, 800))) << "all but the cut";
    EXPECT_EQ(last_with(true), seen) << "whether the platter is kept or made";
}

// A database on the simulated disk, with a process that can end in every way.
class DatabaseOnMemory : public ::testing::Test {
protected:
    Database open() {
        auto db = Database::open("/test.db", Database::Mode::read_write, vfs_.name());
        EXPECT_TRUE(db);
        EXPECT_TRUE(
            db->run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                    "PRAGMA wal_autocheckpoint = 0;"
                    "CREATE TABLE IF NOT EXISTS t (x INTEGER PRIMARY KEY)"));
        return *std::move(db);
    }
    static std::int64_t count(Database& db) {
        auto select = db.prepare("SELECT count(*) FROM t");
        EXPECT_TRUE(*select->step());
        return select->integer(0);
    }

    World world_;
    MachineClock clock_{world_};
    MemoryDisk disk_{Dice(1)};
    MemoryVfs vfs_{disk_, clock_};
};

TEST_F(DatabaseOnMemory, KeepsWhatWasCommittedWhenThePowerFails) {
    {
        Database db = open();
        ASSERT_TRUE(db.run("INSERT INTO t DEFAULT VALUES"));
        ASSERT_TRUE(db.run("BEGIN; INSERT INTO t DEFAULT VALUES"));
        disk_.freeze();
    }
    EXPECT_EQ(vfs_.open_handles(), 0);
    disk_.restart(true);
    Database db = open();
    EXPECT_EQ(count(db), 1);
}

TEST_F(DatabaseOnMemory, LosesWhatWasCommittedWithoutASync) {
    int lost = 0;
    for (int i = 0; i < 50; ++i) {
        std::int64_t before = 0;
        {
            Database db = open();
            before = count(db);
            ASSERT_TRUE(db.run("PRAGMA synchronous = OFF; INSERT INTO t DEFAULT VALUES"));
            disk_.freeze();
        }
        disk_.restart(true);
        Database db = open();
        lost += count(db) == before ? 1 : 0;
    }
    EXPECT_GT(lost, 0);
}

TEST_F(DatabaseOnMemory, FailsTheOperationThatItIsToldTo) {
    Database db = open();
    disk_.fail(DiskTrouble::sync_error, 1, 1);
    EXPECT_FALSE(db.run("INSERT INTO t DEFAULT VALUES"));
    EXPECT_FALSE(disk_.in_trouble());
    disk_.fail(DiskTrouble::full, 1, 1);
    EXPECT_EQ(db.run("INSERT INTO t DEFAULT VALUES").error().reason(), "disk_full");
    EXPECT_TRUE(db.run("INSERT INTO t DEFAULT VALUES"));
}

TEST_F(DatabaseOnMemory, LetsReadersSeeWhatIsCommittedAndNothingElse) {
    Database writer = open();
    auto reader = Database::open("/test.db", Database::Mode::read_only, vfs_.name());
    ASSERT_TRUE(reader);
    ASSERT_TRUE(writer.run("BEGIN IMMEDIATE; INSERT INTO t DEFAULT VALUES"));
    EXPECT_EQ(count(*reader), 0);
    auto other = Database::open("/test.db", Database::Mode::read_write, vfs_.name());
    EXPECT_EQ(other->run("BEGIN IMMEDIATE").error().reason(), "storage_busy");
    ASSERT_TRUE(writer.run("COMMIT"));
    EXPECT_EQ(count(*reader), 1);
}

TEST_F(DatabaseOnMemory, ShowsItselfToWhoOnlyReads) {
    Database db = open();
    ASSERT_TRUE(db.run("INSERT INTO t DEFAULT VALUES"));
    const std::string log = disk_.find("/test.db-wal")->bytes();
    MemoryDisk look(Dice(1));
    look.look_like(disk_, MemoryDisk::Look::to_read);
    {
        MemoryVfs vfs(look, clock_);
        auto reader = Database::open("/test.db", Database::Mode::read_write, vfs.name());
        ASSERT_TRUE(reader);
        EXPECT_EQ(count(*reader), 1);
        EXPECT_FALSE(reader->run("INSERT INTO t DEFAULT VALUES"));
    }
    EXPECT_EQ(disk_.find("/test.db-wal")->bytes(), log) << "to close it moves nothing";
    ASSERT_TRUE(db.run("INSERT INTO t DEFAULT VALUES"));
    EXPECT_EQ(count(db), 2);
}

// Somebody else holds the file for longer than the writer waits: as with a full disk, whoever looks
// must see that nothing is written, and that it is again.
TEST(LedgerOnMemory, SaysThatNothingIsWrittenWhileAnotherProgramHoldsTheFile) {
    const testing::TempFolder folder;
    const std::string file = folder.path().string() + "/ledger.db";
    World world;
    MachineClock clock(world);
    MemoryDisk disk{Dice(1)};
    MemoryVfs vfs(disk, clock);  // In which waiting takes no time.
    auto store = *ledger::open_sqlite_store({.file = file, .vfs = vfs.name()}, clock);
    testing::TestLog log(clock);
    ledger::Writer writer(*store->write_connection(), {}, log.get());
    const auto beat = [&] {
        std::string outcome = "ok";
        writer.submit(ledger::make_unit([](ledger::Books& books) { return books.beat({.ms = 1}); },
                                        [&outcome](const Result<Done>& done) {
                                            if (!done) outcome = done.error().reason();
                                        }));
        EXPECT_TRUE(writer.run_once());
        return outcome;
    };
    EXPECT_EQ(beat(), "ok");
    auto other = *Database::open(file, Database::Mode::read_write, vfs.name());
    ASSERT_TRUE(other.run("BEGIN IMMEDIATE"));
    EXPECT_EQ(beat(), "storage_busy");
    EXPECT_TRUE(writer.health().write_failing);
    ASSERT_TRUE(other.run("ROLLBACK"));
    EXPECT_EQ(beat(), "ok");
    EXPECT_FALSE(writer.health().write_failing);
}

// A life ends by a sync that fails, the next one goes on from what the system still shows, and then
// the power fails: what the second life was told is durable must be there.
TEST(LedgerOnMemory, WritesBehindNothingThatASyncHasLost) {
    const testing::TempFolder folder;
    const std::string file = folder.path().string() + "/ledger.db";
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        World world;
        MachineClock clock(world);
        MemoryDisk disk{Dice(seed)};
        MemoryVfs vfs(disk, clock);
        const auto beat = [](ledger::WriteConnection& connection, std::int64_t ms) {
            EXPECT_TRUE(connection.begin(ledger::WriteConnection::Care::among_others));
            EXPECT_TRUE(connection.books().beat(Timestamp{ms}));
            std::string reason;
            return connection.commit(&reason);
        };
        for (const std::int64_t life : {1, 2}) {
            auto store = *ledger::open_sqlite_store({.file = file, .vfs = vfs.name()}, clock);
            auto connection = *store->write_connection();
            ASSERT_EQ(beat(*connection, life), ledger::WriteConnection::Commit::durable);
            if (life == 1) {
                disk.fail(DiskTrouble::sync_error, 1, 1);
                EXPECT_EQ(beat(*connection, 10), ledger::WriteConnection::Commit::in_doubt);
            }
            disk.freeze();
            connection.reset();
            store.reset();
            disk.restart(life == 2);
        }
        auto db = Database::open(file, Database::Mode::read_only, vfs.name());
        ASSERT_TRUE(db);
        auto select = *db->prepare("SELECT at_ms FROM heartbeat");
        ASSERT_TRUE(*select.step()) << "seed " << seed;
        EXPECT_EQ(select.integer(0), 2) << "seed " << seed;
    }
}

}  // namespace
}  // namespace tollgate::simulation
