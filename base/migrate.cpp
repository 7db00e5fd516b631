#include "base/migrate.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include "base/check.h"

namespace tollgate {
namespace {

Result<std::int64_t> schema_version(Database& db) {
    TOLLGATE_TRY(auto select, db.prepare("PRAGMA user_version"));
    TOLLGATE_TRY(const bool found, select.step());
    TOLLGATE_CHECK(found);
    return select.integer(0);
}

Result<Done> check_applied(Database& db, const std::vector<Migration>& migrations,
                           std::int64_t version) {
    if (version == 0) return Done{};
    if (version > static_cast<std::int64_t>(migrations.size())) {
        return Error(ErrorCode::failed_precondition,
                     "the file has schema version " + std::to_string(version) +
                         ", this program knows " + std::to_string(migrations.size()) +
                         ": it was written by a newer one");
    }
    TOLLGATE_TRY(auto select, db.prepare("SELECT number, sql FROM migration ORDER BY number"));
    for (std::int64_t number = 1; number <= version; ++number) {
        TOLLGATE_TRY(const bool found, select.step());
        const Migration& known = migrations[static_cast<std::size_t>(number - 1)];
        if (!found || select.integer(0) != number || select.view(1) != known.sql) {
            return Error(ErrorCode::failed_precondition,
                         "migration " + std::string(known.name) +
                             " was applied to this file with another text: never edit an old one");
        }
    }
    return Done{};
}

Result<Done> copy_before(Database& db, const std::string& file, const Migration& next) {
    std::array<char, 16> number{};
    static_cast<void>(std::snprintf(number.data(), number.size(), "%04d", next.number));
    const std::string copy = file + ".before-" + number.data();
    std::error_code ignored;
    std::filesystem::remove(copy, ignored);  // Left by a start that died half-way.
    TOLLGATE_TRY(auto vacuum, db.prepare("VACUUM INTO ?"));
    vacuum.bind(1, copy);
    return vacuum.run();
}

Result<Done> apply(Database& db, const Migration& migration, Timestamp now) {
    TOLLGATE_DO(db.run("BEGIN IMMEDIATE"));
    const auto steps = [&]() -> Result<Done> {
        TOLLGATE_DO(db.run(std::string(migration.sql).c_str()));
        TOLLGATE_TRY(auto insert, db.prepare("INSERT INTO migration (number, name, sql, applied_ms)"
                                             " VALUES (?, ?, ?, ?)"));
        insert.bind(1, migration.number).bind(2, migration.name).bind(3, migration.sql);
        insert.bind(4, now.ms);
        TOLLGATE_DO(insert.run());
        // A pragma takes no bindings; the number is ours.
        return db.run(("PRAGMA user_version = " + std::to_string(migration.number)).c_str());
    };
    auto applied = steps();
    if (applied) applied = db.run("COMMIT");
    if (!applied) static_cast<void>(db.run("ROLLBACK"));
    return applied;
}

}  // namespace

Result<Done> migrate(Database& db, const std::vector<Migration>& migrations,
                     const std::string& file, Timestamp now) {
    TOLLGATE_DO(
        db.run("CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY,"
               " name TEXT NOT NULL, sql TEXT NOT NULL, applied_ms INTEGER NOT NULL)"
               " STRICT"));
    TOLLGATE_TRY(const auto version, schema_version(db));
    TOLLGATE_DO(check_applied(db, migrations, version));
    bool first = true;
    for (const Migration& migration : migrations) {
        if (migration.number <= version) continue;
        if (first && version > 0) TOLLGATE_DO(copy_before(db, file, migration));
        first = false;
        TOLLGATE_DO(apply(db, migration, now));
    }
    return Done{};
}

}  // namespace tollgate
