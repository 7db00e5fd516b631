#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/store.h"

namespace tollgate::ledger {

struct SqliteOptions {
    std::string file;
    std::int64_t wal_restart_bytes = 16 * 1024 * 1024;  // From here the log is begun anew.
    std::int64_t wal_bytes_max = 256 * 1024 * 1024;     // Above it (a reader held it up) it is cut.
    std::int64_t cache_kib = 64 * 1024;  // Of the writer; a batch beyond it spills into the log.
    const char* vfs = nullptr;           // A registered VFS; tests bring one that fails.
};

// The ledger in one SQLite file: WAL, synchronous=FULL, one process, one writer, many readers.
// Errors: unavailable when another process holds the file or reads it for seconds on end,
// failed_precondition (see migrate), data_corruption.
Result<std::unique_ptr<Store>> open_sqlite_store(SqliteOptions options, Clock& clock);

}  // namespace tollgate::ledger
