#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/copied_tables.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {

// Copies a SQLite ledger, which no gateway may be running over, into a database without one: all of
// it in one transaction, which is only committed when counts and sums agree, row numbers and
// publication numbers included. Either side's schema is brought up to date first.
// Errors: unavailable (a gateway holds the file, the database is away), failed_precondition (there
// is a ledger already), data_corruption (the two do not agree).
Result<std::vector<CopiedTable>> import_sqlite(const std::string& sqlite_file,
                                               const PostgresAddress& address, Clock& clock,
                                               const CopyProgress& progress);

}  // namespace tollgate::ledger
