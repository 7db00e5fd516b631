#include <atomic>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "tests/ledger/ledger_world.h"

namespace tollgate::ledger {
namespace {

using testing::LedgerWorld;

constexpr std::int64_t kMiB = 1024 * 1024;

TEST(Checkpoint, BeginsTheLogAnewUnderAWriterThatNeverRests) {
    LedgerWorld world({.wal_restart_bytes = kMiB, .wal_bytes_max = 1024 * kMiB});
    constexpr int kPayments = 600;  // Each commit is worth some ten pages of log: 50 MiB in all.
    std::atomic<int> added = 0;
    std::thread busy([&] {
        for (; added < kPayments; ++added) world.added("T" + std::to_string(added));
    });
    std::uintmax_t largest = 0;
    while (added < kPayments) {
        const auto done = world.store->checkpoint();
        ASSERT_TRUE(done) << done.error().message();
        largest = std::max(largest, std::filesystem::file_size(world.folder.file("ledger.db-wal")));
    }
    busy.join();
    EXPECT_LT(largest, 16 * kMiB);
    EXPECT_TRUE(world.find("T599"));
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

}  // namespace
}  // namespace tollgate::ledger
