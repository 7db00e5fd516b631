#pragma once

#include <vector>

#include "base/clock.h"
#include "base/migrate.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {

// Brings the schema up to date as migrate() does for SQLite: each step in a transaction of its own,
// its text kept, an edited or unknown one refused. Of several processes that start at once, one
// does it while the others wait. Backups are the database's own business.
// Errors: failed_precondition (newer or edited), and whatever the database says.
Result<Done> migrate_postgres(PostgresConnection& connection,
                              const std::vector<Migration>& migrations, Timestamp now);

// Without changing anything. Errors: failed_precondition, because kSchemaOlder when steps are
// missing.
Result<Done> check_postgres_schema(PostgresConnection& connection,
                                   const std::vector<Migration>& migrations);

}  // namespace tollgate::ledger
