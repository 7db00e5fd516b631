#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/copied_tables.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {

// Copies a database's ledger into a new SQLite file: as it stood at one moment, even while gateways
// run over it (what they write meanwhile is not in the copy). It is written beside `sqlite_file`
// and has that name only once it is whole and counts and sums agree; on an error nothing is left.
// Events that had no publication number yet stand behind the others and get theirs when a gateway
// runs over the file.
// Errors: conflict (the file exists), unavailable, failed_precondition (the schema),
// data_corruption (the two do not agree).
Result<std::vector<CopiedTable>> export_sqlite(const PostgresAddress& address,
                                               const std::string& sqlite_file, Clock& clock,
                                               const CopyProgress& progress);

}  // namespace tollgate::ledger
