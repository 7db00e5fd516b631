#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {

// What was counted on both sides, and found to be the same.
struct ImportedTable {
    std::string name;
    std::int64_t rows = 0;
    std::int64_t fen = 0;  // The sum of its amounts; 0 of a table without any.
};

// Copies a SQLite ledger, which no gateway may be running over, into a database without one: all of
// it in one transaction, which is only committed when counts and sums agree, row numbers and
// publication numbers included. Either side's schema is brought up to date first.
// `progress` hears of each table's rows now and then.
// Errors: unavailable (a gateway holds the file, the database is away), failed_precondition (there
// is a ledger already), data_corruption (the two do not agree).
Result<std::vector<ImportedTable>> import_sqlite(
    const std::string& sqlite_file, const PostgresAddress& address, Clock& clock,
    const std::function<void(std::string_view table, std::int64_t rows)>& progress);

}  // namespace tollgate::ledger
