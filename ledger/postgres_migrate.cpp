#include "ledger/postgres_migrate.h"

#include "ledger/sqlite_store.h"

namespace tollgate::ledger {
namespace {

// Held until the end of the transaction: "tollgate" in ASCII, so that nobody else means it.
constexpr const char* kLock = "SELECT pg_advisory_xact_lock(8389761094653404261)";
constexpr const char* kHistory =
    "CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL,"
    " sql text NOT NULL, applied_ms bigint NOT NULL)";
constexpr const char* kApplied = "SELECT number, sql FROM migration ORDER BY number";
constexpr const char* kNote =
    "INSERT INTO migration (number, name, sql, applied_ms) VALUES ($1, $2, $3, $4)";

// How many have been applied.
Result<std::size_t> check_applied(PostgresConnection& connection,
                                  const std::vector<Migration>& migrations) {
    auto outcome = connection.run({{kApplied, {}}});
    if (outcome.error) return *std::move(outcome.error);
    const PostgresRows& rows = outcome.rows.front();
    const auto applied = static_cast<std::size_t>(rows.size());
    if (applied > migrations.size()) {
        return Error(ErrorCode::failed_precondition,
                     "the database has schema version " + std::to_string(applied) +
                         ", this program knows " + std::to_string(migrations.size()) +
                         ": it was written by a newer one");
    }
    for (std::size_t i = 0; i < applied; ++i) {
        const PostgresRow row = rows[static_cast<int>(i)];
        const Migration& known = migrations[i];
        if (row.integer(0) == known.number && row.view(1) == known.sql) continue;
        return Error(ErrorCode::failed_precondition,
                     "migration " + std::string(known.name) +
                         " was applied to this database with another text: never edit an old one");
    }
    return applied;
}

// Each step for itself: begun anew by whoever holds the lock, who sees what the others have done.
Result<bool> apply_next(PostgresConnection& connection, const std::vector<Migration>& migrations,
                        Timestamp now) {
    auto begun = connection.run({{"BEGIN", {}}, {kLock, {}}});
    if (begun.error) return *std::move(begun.error);
    TOLLGATE_DO(connection.run_script(kHistory));
    TOLLGATE_TRY(const std::size_t applied, check_applied(connection, migrations));
    const bool is_done = applied == migrations.size();
    if (!is_done) {
        const Migration& next = migrations[applied];
        TOLLGATE_DO(connection.run_script(std::string(next.sql).c_str()));
        auto noted = connection.run({{kNote, {next.number, next.name, next.sql, now.ms}}});
        if (noted.error) return *std::move(noted.error);
    }
    TOLLGATE_DO(connection.run_script("COMMIT"));
    return is_done;
}

}  // namespace

Result<Done> migrate_postgres(PostgresConnection& connection,
                              const std::vector<Migration>& migrations, Timestamp now) {
    // A step may take its time, and so may another process that is at it.
    TOLLGATE_DO(connection.have_patience());
    for (;;) {
        auto done = apply_next(connection, migrations, now);
        if (!done) {
            static_cast<void>(connection.run_script("ROLLBACK"));
            return std::move(done).error();
        }
        if (*done) return Done{};
    }
}

Result<Done> check_postgres_schema(PostgresConnection& connection,
                                   const std::vector<Migration>& migrations) {
    auto there = connection.run({{"SELECT to_regclass('migration') IS NOT NULL", {}}});
    if (there.error) return *std::move(there.error);
    std::size_t applied = 0;
    if (there.rows.front()[0].view(0) == "t") {
        TOLLGATE_TRY(applied, check_applied(connection, migrations));
    }
    if (applied == migrations.size()) return Done{};
    return Error(ErrorCode::failed_precondition, "the database is of an older version")
        .because(kSchemaOlder);
}

}  // namespace tollgate::ledger
