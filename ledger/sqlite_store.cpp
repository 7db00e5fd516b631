#include "ledger/sqlite_store.h"

#include <filesystem>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file_lock.h"
#include "base/migrate.h"
#include "base/sqlite.h"
#include "ledger/migrations.h"
#include "ledger/sqlite_books.h"
#include "ledger/sqlite_reading.h"

namespace tollgate::ledger {
namespace {

constexpr std::size_t kIdleReadersMax = 16;

class SqliteWriteConnection final : public WriteConnection {
public:
    explicit SqliteWriteConnection(Database db) : db_(std::move(db)), books_(db_) {}

    Books& books() override { return books_; }
    Result<Done> begin() override {
        changes_before_ = sqlite3_total_changes64(db_.get());
        return db_.run("BEGIN IMMEDIATE");
    }
    Result<Done> savepoint() override {
        changes_at_savepoint_ = sqlite3_total_changes64(db_.get());
        return db_.run("SAVEPOINT unit");
    }
    Result<Done> release_savepoint() override { return db_.run("RELEASE unit"); }
    Result<Done> undo_to_savepoint() override {
        // SQLite goes on counting what is undone.
        changes_before_ += sqlite3_total_changes64(db_.get()) - changes_at_savepoint_;
        return db_.run("ROLLBACK TO unit; RELEASE unit");
    }
    bool in_transaction() const override { return !db_.in_autocommit(); }
    bool has_written() const override {
        return sqlite3_total_changes64(db_.get()) != changes_before_;
    }

    Commit commit(std::string* reason) override {
        const auto done = db_.run("COMMIT");
        if (done) return Commit::durable;
        *reason = done.error().message();
        // Busy and full are found before the last page, the one that makes the transaction count,
        // is written. After any other failure that page may or may not have reached the disk.
        const bool certain =
            done.error().reason() == "storage_busy" || done.error().reason() == "disk_full";
        if (!certain) return Commit::in_doubt;
        roll_back();
        return Commit::rolled_back;
    }

    void roll_back() override {
        // When SQLite has already rolled back, this says so, and that is what we wanted.
        if (in_transaction()) static_cast<void>(db_.run("ROLLBACK"));
    }

private:
    Database db_;
    SqliteBooks books_;
    std::int64_t changes_before_ = 0;
    std::int64_t changes_at_savepoint_ = 0;
};

class SqliteStore final : public Store {
public:
    SqliteStore(SqliteOptions options, FileLock lock, Database checkpointer)
        : options_(std::move(options)),
          lock_(std::move(lock)),
          checkpointer_(std::move(checkpointer)) {}

    Result<std::unique_ptr<WriteConnection>> write_connection() override {
        TOLLGATE_TRY(auto db, open(Database::Mode::read_write));
        TOLLGATE_DO(
            db.run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                   "PRAGMA wal_autocheckpoint = 0"));
        // A pragma takes no bindings; the number is ours.
        TOLLGATE_DO(db.run(("PRAGMA cache_size = -" + std::to_string(options_.cache_kib)).c_str()));
        return std::unique_ptr<WriteConnection>(
            std::make_unique<SqliteWriteConnection>(std::move(db)));
    }

    Result<ReadLease> read() override {
        std::unique_ptr<Reading> reading;
        {
            const std::lock_guard lock(mutex_);
            if (!idle_readers_.empty()) {
                reading = std::move(idle_readers_.back());
                idle_readers_.pop_back();
            }
        }
        if (reading == nullptr) {
            TOLLGATE_TRY(auto db, open(Database::Mode::read_only));
            reading = std::make_unique<SqliteReading>(std::make_unique<Database>(std::move(db)));
        }
        return ReadLease(std::move(reading), [this](std::unique_ptr<Reading> back) {
            const std::lock_guard lock(mutex_);
            if (idle_readers_.size() < kIdleReadersMax) idle_readers_.push_back(std::move(back));
        });
    }

    Result<Done> checkpoint() override {
        // Polite as long as the log is within its bound: it waits for nobody. Beyond the bound it
        // makes the writer wait for a moment, so that the log can be cut.
        const int mode = wal_bytes() > options_.wal_bytes_max ? SQLITE_CHECKPOINT_TRUNCATE
                                                              : SQLITE_CHECKPOINT_PASSIVE;
        const int code =
            sqlite3_wal_checkpoint_v2(checkpointer_.get(), nullptr, mode, nullptr, nullptr);
        if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return Done{};
        return sqlite_error(checkpointer_.get());
    }

    static Result<Database> open_at(const SqliteOptions& options, Database::Mode mode) {
        TOLLGATE_TRY(auto db, Database::open(options.file, mode, options.vfs));
        TOLLGATE_DO(db.run("PRAGMA busy_timeout = 5000"));
        return db;
    }

private:
    Result<Database> open(Database::Mode mode) const { return open_at(options_, mode); }

    std::int64_t wal_bytes() const {
        std::error_code missing;
        const auto size = std::filesystem::file_size(options_.file + "-wal", missing);
        return missing ? 0 : static_cast<std::int64_t>(size);
    }

    const SqliteOptions options_;
    FileLock lock_;  // One gateway a ledger: leases and group commit count on being alone.
    Database checkpointer_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Reading>> idle_readers_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options, Clock& clock) {
    TOLLGATE_TRY(auto lock, FileLock::take(options.file));
    TOLLGATE_TRY(auto db, SqliteStore::open_at(options, Database::Mode::read_write));
    // The page size must come before the first table; 8 KiB hold a notification and its body.
    TOLLGATE_DO(
        db.run("PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
               "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
    TOLLGATE_DO(migrate(db, sqlite_migrations(), options.file, clock.now()));
    return std::unique_ptr<Store>(
        std::make_unique<SqliteStore>(std::move(options), std::move(lock), std::move(db)));
}

}  // namespace tollgate::ledger
