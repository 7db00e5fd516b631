#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/result.h"

namespace tollgate {

struct CloseSqlite {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

// What SQLite said, as our Error: `unavailable` for a busy file (reason storage_busy), a full disk
// (disk_full) or a failing one (storage_unavailable), where the work was not done; `conflict` for a
// constraint; `data_corruption` for a damaged file; else `internal`.
Error sqlite_error(sqlite3* db, Here here = Here::current());

// One prepared statement, made once and run many times. bind() positions are 1-based, column()
// positions 0-based: SQLite's own. Use from one thread at a time.
class Statement {
public:
    explicit Statement(sqlite3_stmt* owned) : handle_(owned) {}

    // Makes it ready for another run: the last run ends, its bindings go.
    Statement& again();

    // The bytes must live until the next again(): nothing is copied.
    Statement& bind(int position, std::int64_t value);
    Statement& bind(int position, int value) { return bind(position, std::int64_t{value}); }
    Statement& bind(int position, std::string_view text);
    Statement& bind(int position, const char* text) {
        return bind(position, std::string_view(text));
    }
    Statement& bind(int position, const std::string& text) {
        return bind(position, std::string_view(text));
    }
    Statement& bind(int position, bool) = delete;  // Say 0 or 1.
    Statement& bind_blob(int position, std::string_view bytes);
    Statement& bind(int position, const std::optional<std::string>& text);
    Statement& bind(int position, const std::optional<std::int64_t>& value);

    // true: a row is ready to read. false: the statement has finished.
    Result<bool> step(Here here = Here::current());
    // For a statement that gives no rows. Ends the run, so that no lock is held behind our back.
    Result<Done> run(Here here = Here::current());

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    // Valid until the next step(), run() or again().
    std::string_view view(int column) const;
    std::optional<std::string> optional_text(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;

private:
    std::unique_ptr<sqlite3_stmt, FinalizeStatement> handle_;
};

// One connection; use it from one thread at a time.
class Database {
public:
    enum class Mode { read_write, read_only };

    // `vfs` names a registered SQLite VFS; nullptr is the system's. Tests bring one that fails.
    static Result<Database> open(const std::string& path, Mode mode, const char* vfs = nullptr);

    Result<Done> run(const char* script, Here here = Here::current());
    Result<Statement> prepare(std::string_view sql, Here here = Here::current());
    std::int64_t changed_rows() const { return sqlite3_changes64(handle_.get()); }
    std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_.get()); }
    // False inside a transaction; true again when SQLite rolled it back by itself.
    bool in_autocommit() const { return sqlite3_get_autocommit(handle_.get()) != 0; }
    sqlite3* get() const { return handle_.get(); }

private:
    explicit Database(sqlite3* owned) : handle_(owned) {}

    std::unique_ptr<sqlite3, CloseSqlite> handle_;
};

}  // namespace tollgate
