#include "base/sqlite_copy.h"

#include <memory>

namespace tollgate {
namespace {

// A megabyte or so: whoever shares the disk gets his turn between two.
constexpr int kPagesAtOnce = 128;

struct FinishCopy {
    void operator()(sqlite3_backup* copy) const { sqlite3_backup_finish(copy); }
};

// Without a transaction of its own the copy would begin anew whenever somebody has written.
Result<Done> hold_still(Database& from) {
    TOLLGATE_DO(from.run("BEGIN"));
    TOLLGATE_TRY(auto look, from.prepare("SELECT count(*) FROM sqlite_schema"));
    TOLLGATE_DO(look.step());
    return Done{};
}

}  // namespace

Result<Done> copy_database(Database& from, Database& to, const CopyProgress& progress) {
    TOLLGATE_DO(hold_still(from));
    const std::unique_ptr<sqlite3_backup, FinishCopy> copy(
        sqlite3_backup_init(to.get(), "main", from.get(), "main"));
    if (copy == nullptr) return sqlite_error(to.get());
    for (;;) {
        const int code = sqlite3_backup_step(copy.get(), kPagesAtOnce);
        const int pages = sqlite3_backup_pagecount(copy.get());
        progress(pages - sqlite3_backup_remaining(copy.get()), pages);
        if (code == SQLITE_DONE) break;
        if (code == SQLITE_OK) continue;
        const std::string reason = sqlite3_errstr(code);
        const bool is_damaged = (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB;
        return Error(is_damaged ? ErrorCode::data_corruption : ErrorCode::unavailable,
                     "sqlite: the copy failed: " + reason);
    }
    return from.run("COMMIT");
}

Result<Done> check_integrity(Database& db) {
    TOLLGATE_TRY(auto check, db.prepare("PRAGMA integrity_check(1)"));
    TOLLGATE_TRY(const bool row, check.step());
    const std::string said = row ? check.text(0) : "nothing";
    if (said == "ok") return Done{};
    return Error(ErrorCode::data_corruption, "the database is damaged: " + said);
}

}  // namespace tollgate
