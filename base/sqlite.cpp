#include "base/sqlite.h"

#include <climits>

#include "base/check.h"

namespace tollgate {

Error sqlite_error(sqlite3* db, Here here) {
    const int code = sqlite3_extended_errcode(db);
    const std::string message =
        "sqlite: " + std::string(sqlite3_errmsg(db)) + " (" + std::to_string(code) + ")";
    switch (code & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Error(ErrorCode::unavailable, message, here).because("storage_busy");
        case SQLITE_FULL: return Error(ErrorCode::unavailable, message, here).because("disk_full");
        // Outside a COMMIT the statement has been undone, so the work may be done again.
        case SQLITE_IOERR:
            return Error(ErrorCode::unavailable, message, here).because("storage_unavailable");
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Error(ErrorCode::data_corruption, message, here);
        case SQLITE_CONSTRAINT: return Error(ErrorCode::conflict, message, here);
        default: return Error(ErrorCode::internal, message, here);
    }
}

Statement& Statement::again() {
    // Its answer repeats the last step's error, which step() has already given.
    sqlite3_reset(handle_.get());
    sqlite3_clear_bindings(handle_.get());
    return *this;
}

Statement& Statement::bind(int position, std::int64_t value) {
    TOLLGATE_CHECK(sqlite3_bind_int64(handle_.get(), position, value) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(int position, std::string_view text) {
    // A null pointer would bind NULL where the caller meant the empty text.
    const char* bytes = text.data() == nullptr ? "" : text.data();
    TOLLGATE_CHECK(sqlite3_bind_text64(handle_.get(), position, bytes, text.size(), SQLITE_STATIC,
                                       SQLITE_UTF8) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind_blob(int position, std::string_view bytes) {
    const char* data = bytes.data() == nullptr ? "" : bytes.data();
    TOLLGATE_CHECK(sqlite3_bind_blob64(handle_.get(), position, data, bytes.size(),
                                       SQLITE_STATIC) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(int position, const std::optional<std::string>& text) {
    return text ? bind(position, std::string_view(*text)) : *this;
}

Statement& Statement::bind(int position, const std::optional<std::int64_t>& value) {
    return value ? bind(position, *value) : *this;
}

Result<bool> Statement::step(Here here) {
    switch (sqlite3_step(handle_.get())) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: break;
    }
    const Error error = sqlite_error(sqlite3_db_handle(handle_.get()), here);
    sqlite3_reset(handle_.get());  // A failed statement must not keep its locks until its next use.
    return error;
}

Result<Done> Statement::run(Here here) {
    TOLLGATE_TRY(const bool row, step(here));
    TOLLGATE_CHECK(!row);
    sqlite3_reset(handle_.get());
    return Done{};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::text(int column) const {
    return std::string(view(column));
}

std::string_view Statement::view(int column) const {
    const void* bytes = sqlite3_column_blob(handle_.get(), column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::optional<std::string> Statement::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

namespace {

// Once a process, before the first database; a static local is made exactly once by the language.
// Counting what SQLite has allocated takes a lock at each allocation, and nobody asks.
void configure_sqlite() {
    static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    // Somebody else in the process has begun to use it: it works all the same.
    static_cast<void>(configured);
}

}  // namespace

Result<Database> Database::open(const std::string& path, Mode mode, const char* vfs) {
    configure_sqlite();
    sqlite3* raw = nullptr;
    const int access =
        mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    const int code = sqlite3_open_v2(path.c_str(), &raw, access | SQLITE_OPEN_NOMUTEX, vfs);
    Database db(raw);  // Owned at once: SQLite hands out a handle to close even when it fails.
    if (code != SQLITE_OK) return sqlite_error(raw);
    sqlite3_extended_result_codes(raw, 1);
    return db;
}

Result<Done> Database::run(const char* script, Here here) {
    if (sqlite3_exec(handle_.get(), script, nullptr, nullptr, nullptr) != SQLITE_OK) {
        return sqlite_error(handle_.get(), here);
    }
    return Done{};
}

Result<Statement> Database::prepare(std::string_view sql, Here here) {
    sqlite3_stmt* raw = nullptr;
    TOLLGATE_CHECK(sql.size() < INT_MAX);
    if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
        return sqlite_error(handle_.get(), here);
    }
    return Statement(raw);
}

}  // namespace tollgate
