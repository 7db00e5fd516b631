#include "ledger/sqlite_store.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/file_lock.h"
#include "base/migrate.h"
#include "base/sqlite.h"
#include "base/sqlite_log_gatherer.h"
#include "ledger/migrations.h"
#include "ledger/sqlite_books.h"
#include "ledger/sqlite_reading.h"
#include "ledger/statement_cache.h"
#include "ledger/write_gate.h"

namespace tollgate::ledger {
namespace {

constexpr std::size_t kIdleReadersMax = 16;
// 8 KiB hold a notification and its body.
constexpr std::int64_t kPageBytes = 8192;
// How long a checkpoint waits for a batch to end, and how long, with the writer held, for a reader.
constexpr std::chrono::milliseconds kGatePatience{1'000};
constexpr const char* kCheckpointerPragmas = "PRAGMA busy_timeout = 20";

class SqliteWriteConnection final : public WriteConnection {
public:
    SqliteWriteConnection(std::unique_ptr<LogGatherer> vfs, Database db,
                          std::shared_ptr<WriteGate> gate)
        : vfs_(std::move(vfs)), db_(std::move(db)), books_(db_), gate_(std::move(gate)) {}
    ~SqliteWriteConnection() override { gate_->leave(); }

    Books& books() override { return books_; }
    Result<Done> begin(Care care) override {
        care_ = care;
        half_done_ = false;
        changes_before_ = sqlite3_total_changes64(db_.get());
        gate_->enter();
        auto begun = run(kBegin);
        if (!begun) gate_->leave();
        return begun;
    }
    Result<Done> savepoint(std::size_t /*unit*/) override {
        changes_before_unit_ = sqlite3_total_changes64(db_.get());
        return is_guarded() ? run(kSavepoint) : Done{};
    }
    Result<Done> release_savepoint() override { return is_guarded() ? run(kRelease) : Done{}; }
    Result<Done> undo_to_savepoint() override {
        if (!is_guarded()) return undo_unguarded();
        // SQLite goes on counting what is undone.
        changes_before_ += sqlite3_total_changes64(db_.get()) - changes_before_unit_;
        return db_.run("ROLLBACK TO unit; RELEASE unit");
    }
    bool in_transaction() const override { return !db_.in_autocommit(); }
    AfterDrop after_drop() const override {
        return {.again = half_done_ ? AfterDrop::Again::guarded : AfterDrop::Again::one_by_one};
    }
    bool has_written() const override {
        return sqlite3_total_changes64(db_.get()) != changes_before_;
    }

    Commit commit(std::string* reason) override {
        const auto done = run(kCommit);
        gate_->leave();
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
        gate_->leave();
    }

private:
    // Each is run for every unit or batch: prepared once.
    static constexpr const char* kBegin = "BEGIN IMMEDIATE";
    static constexpr const char* kSavepoint = "SAVEPOINT unit";
    static constexpr const char* kRelease = "RELEASE unit";
    static constexpr const char* kCommit = "COMMIT";

    // A savepoint is dear: each page is kept as it was before the unit changed it. Nearly always a
    // unit that fails has written nothing, and there is nothing to undo.
    bool is_guarded() const { return care_ != Care::among_others; }
    Result<Done> undo_unguarded() {
        if (sqlite3_total_changes64(db_.get()) == changes_before_unit_) return Done{};
        half_done_ = true;
        return Error(ErrorCode::internal, "a unit that failed has written");
    }

    Result<Done> run(const char* sql) {
        TOLLGATE_TRY(Statement* const statement, statements_.get(sql));
        auto done = statement->run();
        if (!done) statement->again();  // Else it would stay in progress.
        return done;
    }

    std::unique_ptr<LogGatherer> vfs_;
    Database db_;
    StatementCache statements_{db_};
    SqliteBooks books_;
    std::shared_ptr<WriteGate> gate_;  // The store may go before us.
    std::int64_t changes_before_ = 0;
    std::int64_t changes_before_unit_ = 0;
    Care care_ = Care::among_others;
    bool half_done_ = false;  // A unit without a savepoint has failed behind its first write.
};

class SqliteStore final : public Store {
public:
    SqliteStore(SqliteOptions options, std::optional<FileLock> lock, Database checkpointer)
        : options_(std::move(options)),
          lock_(std::move(lock)),
          checkpointer_(std::move(checkpointer)) {}

    Result<std::unique_ptr<WriteConnection>> write_connection() override {
        auto vfs = std::make_unique<LogGatherer>(options_.vfs);
        TOLLGATE_TRY(auto db, open_with(vfs->name(), Database::Mode::read_write));
        // What a unit may have to undo is kept in memory: else it goes to a temporary file from
        // eight pages on.
        TOLLGATE_DO(
            db.run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                   "PRAGMA wal_autocheckpoint = 0;"
                   "PRAGMA temp_store = MEMORY"));
        // A pragma takes no bindings; the number is ours.
        TOLLGATE_DO(db.run(("PRAGMA cache_size = -" + std::to_string(options_.cache_kib)).c_str()));
        return std::unique_ptr<WriteConnection>(
            std::make_unique<SqliteWriteConnection>(std::move(vfs), std::move(db), gate_));
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
        // The long part holds nobody up. But while somebody writes it never reaches the log's end,
        // so that the log would grow for ever: beyond a size, the little that is left is moved with
        // the writer held for a moment, and the next transaction begins the log anew. Nothing is
        // truncated for that: giving blocks back can take the disk a tenth of a second.
        int frames = 0;
        TOLLGATE_DO(checkpoint(SQLITE_CHECKPOINT_PASSIVE, &frames));
        if (frames * kPageBytes < options_.wal_restart_bytes) return Done{};
        // What was written meanwhile: the less is left, the shorter the writer is held.
        TOLLGATE_DO(checkpoint(SQLITE_CHECKPOINT_PASSIVE, &frames));
        // While somebody writes, SQLite has put this off to the moment in which it begins anew.
        TOLLGATE_DO(sync_file());
        Result<Done> done = Done{};
        gate_->run_between(kGatePatience, [&] {
            const bool too_large = wal_bytes() > options_.wal_bytes_max;
            done = checkpoint(too_large ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART,
                              &frames);
        });
        return done;
    }

    static Result<Database> open_at(const SqliteOptions& options, Database::Mode mode) {
        return open_file(options.file, options.vfs, mode);
    }

private:
    static Result<Database> open_file(const std::string& file, const char* vfs,
                                      Database::Mode mode) {
        TOLLGATE_TRY(auto db, Database::open(file, mode, vfs));
        TOLLGATE_DO(db.run("PRAGMA busy_timeout = 5000"));
        return db;
    }
    Result<Database> open(Database::Mode mode) const { return open_with(options_.vfs, mode); }
    Result<Database> open_with(const char* vfs, Database::Mode mode) const {
        return open_file(options_.file, vfs, mode);
    }

    // *frames: how many pages the log holds. A reader in the way is no error: the next beat goes
    // on.
    Result<Done> checkpoint(int mode, int* frames) {
        const int code =
            sqlite3_wal_checkpoint_v2(checkpointer_.get(), nullptr, mode, frames, nullptr);
        if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return Done{};
        if (code == SQLITE_IOERR_FSYNC) return sync_failed();
        return sqlite_error(checkpointer_.get());
    }

    // Waits until the disk has what was moved into the file.
    Result<Done> sync_file() {
        sqlite3_file* file = nullptr;
        const int known = sqlite3_file_control(
            checkpointer_.get(), "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
        TOLLGATE_CHECK(known == SQLITE_OK && file != nullptr);
        if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK) return sync_failed();
        return Done{};
    }

    // After it the system may forget pages that were moved long ago, and a later sync would not
    // tell: the log must not begin anew.
    static Error sync_failed() {
        return Error(
                   ErrorCode::data_corruption,
                   "a sync of the ledger's file failed; this process must stop, and the next start "
                   "moves the log once more")
            .because("sync_failed");
    }

    std::int64_t wal_bytes() const {
        std::error_code missing;
        const auto size = std::filesystem::file_size(options_.file + "-wal", missing);
        return missing ? 0 : static_cast<std::int64_t>(size);
    }

    const SqliteOptions options_;
    // One gateway a ledger: leases and group commit count on being alone.
    std::optional<FileLock> lock_;
    Database checkpointer_;
    const std::shared_ptr<WriteGate> gate_ = std::make_shared<WriteGate>();
    std::mutex mutex_;
    std::vector<std::unique_ptr<Reading>> idle_readers_;
};

// After a failed sync the system may forget the log's pages and go on showing them: whoever reads
// the log then believes what no disk has, and writes behind it what a loss of power would cut off
// with it. So all that can be read is written once more, into the file, and the log begins anew.
Result<Done> begin_log_anew(Database& db) {
    const int code =
        sqlite3_wal_checkpoint_v2(db.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code == SQLITE_OK) return Done{};
    if ((code & 0xFF) == SQLITE_BUSY) {
        return Error(ErrorCode::unavailable,
                     "another program reads the ledger (a backup?); its log cannot begin anew "
                     "before that has ended")
            .because("storage_busy");
    }
    return sqlite_error(db.get());
}

// The same for who may not hold anybody up. Where no gateway is running all of the log is moved, so
// that the next transaction begins it anew; where one is, that one has begun it anew.
Result<Done> move_log(Database& db) {
    const int code =
        sqlite3_wal_checkpoint_v2(db.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return Done{};
    return sqlite_error(db.get());
}

Result<std::unique_ptr<Store>> open_beside_gateway(SqliteOptions options) {
    std::error_code unreadable;
    if (!std::filesystem::exists(options.file, unreadable)) {
        return Error(ErrorCode::not_found, "there is no ledger " + options.file);
    }
    TOLLGATE_TRY(auto db, SqliteStore::open_at(options, Database::Mode::read_write));
    int version = 0;
    {
        TOLLGATE_TRY(auto select, db.prepare("PRAGMA user_version"));
        TOLLGATE_TRY(const bool row, select.step());
        TOLLGATE_CHECK(row);
        version = static_cast<int>(select.integer(0));
    }
    const int ours = sqlite_migrations().back().number;
    if (version < ours) {
        return Error(ErrorCode::failed_precondition, options.file + " is of an older version")
            .because(kSchemaOlder);
    }
    if (version > ours) {
        return Error(ErrorCode::failed_precondition, options.file + " is of a newer version");
    }
    TOLLGATE_DO(move_log(db));
    return std::unique_ptr<Store>(
        std::make_unique<SqliteStore>(std::move(options), std::nullopt, std::move(db)));
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options, Clock& clock) {
    if (options.beside_gateway) return open_beside_gateway(std::move(options));
    TOLLGATE_TRY(auto lock, FileLock::take(options.file));
    TOLLGATE_TRY(auto db, SqliteStore::open_at(options, Database::Mode::read_write));
    // The page size must come before the first table. A pragma takes no bindings.
    TOLLGATE_DO(db.run(("PRAGMA page_size = " + std::to_string(kPageBytes)).c_str()));
    TOLLGATE_DO(
        db.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON"));
    TOLLGATE_DO(migrate(db, sqlite_migrations(), options.file, clock.now()));
    TOLLGATE_DO(begin_log_anew(db));
    TOLLGATE_DO(db.run(kCheckpointerPragmas));
    return std::unique_ptr<Store>(
        std::make_unique<SqliteStore>(std::move(options), std::move(lock), std::move(db)));
}

}  // namespace tollgate::ledger
