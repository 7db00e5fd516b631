// A SQLite ledger copied while it is in use, and put back.
#include "ledger/sqlite_backup.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sqlite.h"
#include "tests/ledger/ledger_world.h"

namespace tollgate::ledger {
namespace {

using ::testing::HasSubstr;
using testing::LedgerWorld;

const BackupProgress kQuiet = [](std::int64_t, std::int64_t) {};

std::string ask(const std::string& file, const std::string& sql) {
    auto db = Database::open(file, Database::Mode::read_only);
    EXPECT_TRUE(db) << file;
    auto select = db->prepare(sql);
    EXPECT_TRUE(select);
    const auto row = select->step();
    return row && *row ? select->text(0) : "";
}

std::vector<std::string> files_of(const LedgerWorld& world) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(world.folder.file(""))) {
        names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

class BackingUp : public ::testing::Test {
protected:
    void close() {
        world.writer.reset();
        world.store.reset();
    }
    Result<Backup> back_up(const BackupProgress& progress = kQuiet) {
        return back_up_sqlite(ledger, backup, world.clock, progress);
    }
    Result<Restored> restore(bool replaces, const std::string& from) {
        return restore_sqlite({.backup = from, .ledger_file = ledger, .replaces = replaces},
                              world.clock, kQuiet);
    }

    LedgerWorld world;
    const std::string ledger = world.folder.file("ledger.db");
    const std::string backup = world.folder.file("backup.db");
};

TEST_F(BackingUp, IsTheStateOfOneMomentWhileOthersGoOnWriting) {
    for (int i = 0; i < 3'000; ++i) {
        auto payment = world.payment("T" + std::to_string(i));
        payment.subject = std::string(250, 'x');
        ASSERT_TRUE(world.run([&](Books& books) {
            return books.add_payment(payment, {.fingerprint = std::string(500, 'y')}, world.origin);
        }));
        if (i % 1'000 == 0) {
            ASSERT_TRUE(world.store->checkpoint());
        }
    }
    int steps = 0;
    const auto made = back_up([&](std::int64_t, std::int64_t) {
        world.added("LATER" + std::to_string(steps++));
        ASSERT_TRUE(world.store->checkpoint());
        ASSERT_LT(steps, 1'000) << "it begins anew and anew";
    });
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_GT(steps, 3);
    EXPECT_EQ(made->taken_at, world.clock.now());
    EXPECT_EQ(made->bytes, static_cast<std::int64_t>(std::filesystem::file_size(backup)));
    EXPECT_EQ(ask(backup, "SELECT count(*) FROM payment"), "3000");
    EXPECT_EQ(ask(backup, "PRAGMA integrity_check"), "ok");
    EXPECT_EQ(ask(backup, "PRAGMA journal_mode"), "delete");  // One file is all of it.
    // The copy is guarded, whoever uses it; the ledger is not.
    EXPECT_EQ(ask(backup, "SELECT since_ms FROM guard"), std::to_string(world.clock.now().ms));
    EXPECT_EQ(ask(ledger, "SELECT count(*) FROM guard"), "0");
    EXPECT_EQ(ask(ledger, "SELECT count(*) FROM payment"), std::to_string(3'000 + steps));
    for (const std::string& name : files_of(world)) EXPECT_THAT(name, Not(HasSubstr("partial")));
}

TEST_F(BackingUp, NeverOverwritesAndLeavesNothingBehind) {
    std::ofstream(backup) << "mine";
    EXPECT_EQ(back_up().error().code(), ErrorCode::conflict);
    EXPECT_EQ(std::filesystem::file_size(backup), 4U);
    std::filesystem::remove(backup);
    // It comes while the copy is being made.
    const auto made = back_up([&](std::int64_t, std::int64_t) { std::ofstream(backup) << "mine"; });
    EXPECT_EQ(made.error().code(), ErrorCode::conflict);
    EXPECT_EQ(std::filesystem::file_size(backup), 4U);
    std::filesystem::remove(backup);

    const auto nowhere =
        back_up_sqlite(ledger, world.folder.file("no/such/b.db"), world.clock, kQuiet);
    EXPECT_EQ(nowhere.error().code(), ErrorCode::unavailable);
    const auto nothing =
        back_up_sqlite(world.folder.file("absent.db"), backup, world.clock, kQuiet);
    EXPECT_EQ(nothing.error().code(), ErrorCode::not_found);
    EXPECT_EQ(files_of(world), (std::vector<std::string>{"ledger.db", "ledger.db-shm",
                                                         "ledger.db-wal", "ledger.db.lock"}));
}

TEST_F(BackingUp, ComesBackGuardedAndKeepsTheOldLedgerAside) {
    world.added("BEFORE");
    ASSERT_TRUE(back_up());
    const Timestamp since = world.clock.now();
    world.clock.pass(std::chrono::hours(5));
    world.added("AFTER");

    EXPECT_EQ(restore(true, backup).error().code(), ErrorCode::unavailable);  // It is in use.
    close();
    const auto unasked = restore(false, backup);
    EXPECT_EQ(unasked.error().code(), ErrorCode::conflict);
    EXPECT_EQ(ask(ledger, "SELECT count(*) FROM payment"), "2");

    const auto restored = restore(true, backup);
    ASSERT_TRUE(restored) << restored.error().message();
    EXPECT_EQ(restored->since, since);
    EXPECT_EQ(ask(ledger, "SELECT group_concat(out_trade_no) FROM payment"), "BEFORE");
    EXPECT_EQ(ask(ledger, "SELECT since_ms FROM guard"), std::to_string(since.ms));
    EXPECT_EQ(ask(*restored->kept_aside, "SELECT count(*) FROM payment"), "2");
    EXPECT_EQ(ask(backup, "SELECT count(*) FROM payment"), "1");
    world.reopen();
    world.added("GOES_ON");
    EXPECT_TRUE(world.find("BEFORE"));
    for (const std::string& name : files_of(world)) EXPECT_THAT(name, Not(HasSubstr("restoring")));
}

TEST_F(BackingUp, ALogOfAnotherLedgerIsNotTakenForItsOwn) {
    world.added("BEFORE");
    ASSERT_TRUE(back_up());
    close();
    // As after a command that died half-way: the file has gone, its log has not.
    std::filesystem::remove(ledger);
    std::ofstream(ledger + "-wal") << "of another one";
    EXPECT_EQ(restore(false, backup).error().code(), ErrorCode::conflict);
    const auto restored = restore(true, backup);
    ASSERT_TRUE(restored) << restored.error().message();
    EXPECT_FALSE(std::filesystem::exists(ledger + "-wal"));
    EXPECT_TRUE(std::filesystem::exists(*restored->kept_aside + "-wal"));
}

TEST_F(BackingUp, WhatIsNoLedgerOrIsDamagedStaysOut) {
    world.added("BEFORE");
    ASSERT_TRUE(back_up());
    close();
    const std::string bad = world.folder.file("bad.db");
    std::ofstream(bad) << std::string(20'000, 'z');
    EXPECT_EQ(restore(true, bad).error().code(), ErrorCode::data_corruption);
    EXPECT_EQ(restore(true, world.folder.file("absent")).error().code(), ErrorCode::not_found);
    {
        std::filesystem::remove(bad);
        auto other = Database::open(bad, Database::Mode::read_write);
        ASSERT_TRUE(other->run("CREATE TABLE notes (text)"));
    }
    EXPECT_EQ(restore(true, bad).error().code(), ErrorCode::failed_precondition);
    {
        // Bytes in the middle that the disk has lost.
        std::filesystem::copy_file(backup, bad, std::filesystem::copy_options::overwrite_existing);
        std::fstream file(bad, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(8'192 * 5);
        file << std::string(8'192 * 3, '\xFF');
    }
    const auto damaged = restore(true, bad);
    EXPECT_EQ(damaged.error().code(), ErrorCode::data_corruption) << damaged.error().message();
    EXPECT_EQ(ask(ledger, "SELECT count(*) FROM payment"), "1");
    EXPECT_EQ(ask(ledger, "SELECT count(*) FROM guard"), "0");
}

// A copy by other means does not say when it was made; its rows do.
TEST_F(BackingUp, ACopyByOtherMeansIsGuardedFromItsLastRowOn) {
    world.added("BEFORE");
    const Timestamp last = world.clock.now();
    world.clock.pass(std::chrono::hours(5));
    close();
    std::filesystem::copy_file(ledger, backup);
    const auto restored = restore(true, backup);
    ASSERT_TRUE(restored) << restored.error().message();
    EXPECT_EQ(restored->since, last);
}

}  // namespace
}  // namespace tollgate::ledger
