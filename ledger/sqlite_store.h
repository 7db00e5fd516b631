#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/store.h"

namespace tollgate::ledger {

struct SqliteOptions {
    std::string file;
    std::int64_t wal_restart_bytes = 16 * 1024 * 1024;  // From here the log is begun anew.
    std::int64_t wal_bytes_max = 256 * 1024 * 1024;     // Above it (a reader held it up) it is cut.
    std::int64_t cache_kib = 64 * 1024;  // Of the writer; a batch beyond it spills into the log.
    // True: for a command that reads much and writes a little while a gateway may be running over
    // the same file. Takes no lock, changes no schema, and leaves the log to the gateway.
    bool beside_gateway = false;
    const char* vfs = nullptr;  // A registered VFS; tests bring one that fails.
};

inline constexpr std::string_view kSchemaOlder = "schema_older";

// The ledger in one SQLite file: WAL, synchronous=FULL, one process, one writer, many readers.
// Errors: unavailable when another process holds the file or reads it for seconds on end,
// failed_precondition (see migrate), data_corruption. Beside a gateway: not_found when there is no
// ledger yet, failed_precondition kSchemaOlder or plain (newer) when the schema is not this
// program's.
Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options, Clock& clock);

}  // namespace tollgate::ledger
