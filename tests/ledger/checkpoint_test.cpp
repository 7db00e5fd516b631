#include <chrono>
#include <filesystem>
#include <future>

#include <gtest/gtest.h>

#include "tests/ledger/ledger_world.h"

namespace tollgate::ledger {
namespace {

using testing::LedgerWorld;

constexpr std::int64_t kMiB = 1024 * 1024;

// Each checkpoint finds a transaction under way, as it does under a writer that never rests: what
// that commits comes behind whatever the checkpoint's first half has moved.
TEST(Checkpoint, BeginsTheLogAnewUnderAWriterThatNeverRests) {
    LedgerWorld world({.wal_restart_bytes = kMiB / 4, .wal_bytes_max = 1024 * kMiB});
    constexpr int kPayments = 40;  // Each commit is worth some ten pages of log: 3 MiB in all.
    for (int i = 0; i < kPayments; ++i) {
        std::future<Result<Done>> checkpoint;
        auto payment = world.payment("T" + std::to_string(i));
        ASSERT_TRUE(world.run([&](Books& books) -> Result<Done> {
            TOLLGATE_DO(books.add_payment(payment, {.fingerprint = "{}"}, world.origin));
            checkpoint = std::async(std::launch::async, [&] { return world.store->checkpoint(); });
            // Its first half ends meanwhile; for its second it waits for this transaction's end.
            checkpoint.wait_for(std::chrono::milliseconds(20));
            return Done{};
        }));
        ASSERT_TRUE(checkpoint.get());
    }
    EXPECT_LT(std::filesystem::file_size(world.folder.file("ledger.db-wal")),
              static_cast<std::uintmax_t>(kMiB));
    EXPECT_TRUE(world.find("T39"));
}

TEST(Checkpoint, CutsALogThatAReaderHadHeldUp) {
    LedgerWorld world({.wal_restart_bytes = kMiB / 4, .wal_bytes_max = kMiB});
    world.added("First");
    const std::string log = world.folder.file("ledger.db-wal");
    {
        // A reading in the middle of a list sees the ledger as it was: its part of the log stays.
        auto db = Database::open(world.folder.file("ledger.db"), Database::Mode::read_only);
        auto select = db->prepare("SELECT id FROM payment");
        ASSERT_TRUE(*select->step());
        for (int i = 0; i < 60; ++i) world.added("T" + std::to_string(i));
        EXPECT_TRUE(world.store->checkpoint());
        EXPECT_GT(std::filesystem::file_size(log), static_cast<std::uintmax_t>(kMiB));
    }
    EXPECT_TRUE(world.store->checkpoint());
    EXPECT_EQ(std::filesystem::file_size(log), 0U);
    EXPECT_TRUE(world.find("T59"));
}

// Each of the syncs of one checkpoint, in its turn, and the start after it.
TEST(Checkpoint, AFailedSyncOfTheFileIsToldAndTheNextStartLosesNothing) {
    int failed = 0;
    for (int nth = 1; nth <= 3; ++nth) {
        LedgerWorld world({.wal_restart_bytes = kMiB / 4});
        for (int i = 0; i < 40; ++i) world.added("T" + std::to_string(i));
        world.disk.fail(testing::FaultyDisk::Fault::file_sync_error, nth, 1);
        const auto done = world.store->checkpoint();
        if (!done) {
            ++failed;
            EXPECT_EQ(done.error().code(), ErrorCode::data_corruption);
            EXPECT_EQ(done.error().reason(), "sync_failed");
        }
        world.disk.heal();
        world.reopen();
        for (int i = 0; i < 40; ++i) EXPECT_TRUE(world.find("T" + std::to_string(i))) << i;
    }
    EXPECT_GE(failed, 2);  // SQLite's own, and the one before the writer is held.
}

}  // namespace
}  // namespace tollgate::ledger
