#include "ledger/sqlite_backup.h"

#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/durable_file.h"
#include "base/file_lock.h"
#include "base/sqlite.h"
#include "base/sqlite_copy.h"
#include "base/time_text.h"
#include "ledger/sqlite_store.h"

namespace tollgate::ledger {
namespace {

namespace fs = std::filesystem;

// A ledger, and what stands beside it and belongs to it.
constexpr std::array kLedgerFiles{"", "-wal", "-shm"};

bool is_there(const std::string& file) {
    std::error_code unreadable;
    return fs::exists(fs::symlink_status(file, unreadable));
}

// A file on its way to its name; goes, with all that stands beside it, unless it gets there.
class PartialFile {
public:
    explicit PartialFile(std::string name) : name_(std::move(name)) { remove(false); }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile() { remove(true); }
    const std::string& name() const { return name_; }

private:
    // What SQLite and a change of the schema put beside it; left by a command that died, too.
    static bool belongs(std::string_view ending) {
        return ending.empty() || ending == "-wal" || ending == "-shm" || ending == "-journal" ||
               ending.starts_with(".before-");
    }
    void remove(bool with_lock) const {
        const fs::path path(name_);
        const std::string begin = path.filename().string();
        const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
        std::error_code failed;
        for (const auto& entry : fs::directory_iterator(folder, failed)) {
            const std::string found = entry.path().filename().string();
            if (!found.starts_with(begin)) continue;
            const std::string ending = found.substr(begin.size());
            if (!belongs(ending) && !(with_lock && ending == ".lock")) continue;
            std::error_code ignored;
            fs::remove(entry.path(), ignored);
        }
    }

    const std::string name_;
};

Result<Done> copy_file(const std::string& from_file, const std::string& to_file,
                       const BackupProgress& progress) {
    TOLLGATE_TRY(auto from, Database::open(from_file, Database::Mode::read_only));
    TOLLGATE_TRY(auto to, Database::open(to_file, Database::Mode::read_write));
    TOLLGATE_DO(from.run("PRAGMA busy_timeout = 5000"));
    // It is synced when it is whole, and worth nothing before.
    TOLLGATE_DO(to.run("PRAGMA synchronous = OFF"));
    return copy_database(from, to, progress);
}

// The one file is all of it, and everything in it is well.
Result<Done> finish(Database& db) {
    TOLLGATE_DO(db.run("PRAGMA journal_mode = DELETE"));
    return check_integrity(db);
}

// When the ledger was last written to, as far as its rows tell; one without any knows nothing that
// could have moved.
constexpr const char* kGuardByRows =
    "INSERT INTO guard (id, since_ms) SELECT 1, coalesce(max(at), ?) FROM ("
    " SELECT max(at_ms) AS at FROM transition UNION ALL SELECT max(received_ms) FROM notification"
    " UNION ALL SELECT max(at_ms) FROM refund_transition"
    " UNION ALL SELECT max(at_ms) FROM preauthorisation_transition) WHERE true"
    " ON CONFLICT (id) DO NOTHING";

Result<Timestamp> guard_by_rows(Database& db, Timestamp now) {
    TOLLGATE_TRY(auto insert, db.prepare(kGuardByRows));
    insert.bind(1, now.ms);
    TOLLGATE_DO(insert.run());
    // Of a file that was copied while it was guarded: its gap goes on.
    TOLLGATE_DO(db.run("UPDATE guard SET resumed_ms = NULL"));
    TOLLGATE_TRY(auto select, db.prepare("SELECT since_ms FROM guard"));
    TOLLGATE_DO(select.step());
    return Timestamp{select.integer(0)};
}

Result<Done> demand_ledger(Database& db, const std::string& file) {
    auto select =
        db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'payment'");
    if (!select) return select.error();
    TOLLGATE_TRY(const bool found, select->step());
    if (found) return Done{};
    return Error(ErrorCode::failed_precondition, file + " holds no ledger");
}

std::string moment_in_name(Timestamp now) {
    std::string text;
    for (const char c : to_rfc3339(now)) {
        if (c != '-' && c != ':' && c != '.') text += c;
    }
    return text;
}

// Moves the ledger, with what belongs to it, to another name; the one with the data first, so that
// a log never stands beside a file that it is not of.
Result<Done> move_ledger(const std::string& from, const std::string& to) {
    for (const char* ending : kLedgerFiles) {
        if (is_there(from + ending)) TOLLGATE_DO(rename_to_new(from + ending, to + ending));
    }
    return Done{};
}

}  // namespace

Result<Backup> back_up_sqlite(const std::string& ledger_file, const std::string& file, Clock& clock,
                              const BackupProgress& progress) {
    if (is_there(file)) return Error(ErrorCode::conflict, file + " is there already");
    // Whether it is there, and of this program's schema, which has a place for the guard.
    TOLLGATE_DO(open_sqlite_store({.file = ledger_file, .beside_gateway = true}, clock));
    TOLLGATE_TRY(const auto alone, FileLock::take(file + ".partial"));
    const PartialFile part(file + ".partial");
    Backup backup{.taken_at = clock.now()};
    TOLLGATE_DO(copy_file(ledger_file, part.name(), progress));
    {
        TOLLGATE_TRY(auto db, Database::open(part.name(), Database::Mode::read_write));
        // Of a ledger that is guarded already the earlier moment counts.
        TOLLGATE_TRY(auto insert, db.prepare("INSERT INTO guard (id, since_ms) VALUES (1, ?)"
                                             " ON CONFLICT (id) DO UPDATE SET resumed_ms = NULL"));
        insert.bind(1, backup.taken_at.ms);
        TOLLGATE_DO(insert.run());
        TOLLGATE_DO(finish(db));
    }
    TOLLGATE_DO(sync_file(part.name()));
    std::error_code unreadable;
    backup.bytes = static_cast<std::int64_t>(fs::file_size(part.name(), unreadable));
    TOLLGATE_DO(rename_to_new(part.name(), file));
    return backup;
}

Result<Restored> restore_sqlite(const RestoreOrder& order, Clock& clock,
                                const BackupProgress& progress) {
    if (!is_there(order.backup)) {
        return Error(ErrorCode::not_found, "there is no file " + order.backup);
    }
    bool replaces = false;
    for (const char* ending : kLedgerFiles) {
        // A log alone, too: it would be taken for the new ledger's.
        const std::string file = order.ledger_file + ending;
        if (!is_there(file)) continue;
        if (!order.replaces) return Error(ErrorCode::conflict, file + " is there already");
        replaces = true;
    }
    TOLLGATE_TRY(const auto lock, FileLock::take(order.ledger_file));
    const PartialFile part(order.ledger_file + ".restoring");
    TOLLGATE_DO(copy_file(order.backup, part.name(), progress));
    {
        TOLLGATE_TRY(auto db, Database::open(part.name(), Database::Mode::read_write));
        TOLLGATE_DO(demand_ledger(db, order.backup));
    }
    TOLLGATE_DO(open_sqlite_store({.file = part.name()}, clock));  // Brings the schema up to date.
    Restored restored;
    {
        TOLLGATE_TRY(auto db, Database::open(part.name(), Database::Mode::read_write));
        TOLLGATE_TRY(restored.since, guard_by_rows(db, clock.now()));
        TOLLGATE_DO(finish(db));
    }
    TOLLGATE_DO(sync_file(part.name()));
    if (replaces) {
        restored.kept_aside = order.ledger_file + ".replaced-" + moment_in_name(clock.now());
        TOLLGATE_DO(move_ledger(order.ledger_file, *restored.kept_aside));
    }
    const auto placed = rename_to_new(part.name(), order.ledger_file);
    if (placed) return restored;
    if (replaces) TOLLGATE_DO(move_ledger(*restored.kept_aside, order.ledger_file));
    return placed.error();
}

}  // namespace tollgate::ledger
