#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/postgres_connection.h"
#include "ledger/store.h"

namespace tollgate::ledger {

struct PostgresOptions {
    PostgresAddress address;
    // How long a COMMIT whose answer was lost is asked about before the process gives up.
    std::chrono::seconds doubt_max{120};
    // False: for what must not change the schema. Then kSchemaOlder when steps are missing.
    bool migrates = true;
};

// The ledger in a PostgreSQL database that any number of processes share, each with one connection
// that writes and a few that read.
//
// A broken connection loses nothing: what was not committed runs again or is answered
// `unavailable`, and of a COMMIT whose answer was lost the next connection tells the outcome, from
// a row that each process writes with every batch. Rows are locked as they are read by a unit
// (Books), in one order for what a batch knows beforehand; deadlocks and serialization failures run
// again. Errors: unavailable (storage_unavailable), failed_precondition (see migrate_postgres).
Result<std::unique_ptr<Store>> open_postgres_store(PostgresOptions options, Clock& clock);

}  // namespace tollgate::ledger
