#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace tollgate::ledger {

// Pages of it that are copied, and all of them.
using BackupProgress = std::function<void(std::int64_t pages, std::int64_t of)>;

struct Backup {
    std::int64_t bytes = 0;
    Timestamp taken_at;
};

// Copies the ledger, with or without a gateway over it, into `file`: the state of one moment,
// checked, on the disk before it gets its name, and guarded (guard.h): whoever uses the copy as a
// ledger, and however it got there, must reckon with money that has moved since.
// Errors: not_found and failed_precondition as of open_sqlite_store beside a gateway, conflict when
// `file` is there, data_corruption, unavailable (the disk). Nothing is left behind then.
Result<Backup> back_up_sqlite(const std::string& ledger_file, const std::string& file, Clock& clock,
                              const BackupProgress& progress);

struct RestoreOrder {
    std::string backup;       // A file that back_up_sqlite has made, or any whole copy of a ledger.
    std::string ledger_file;  // Where the settings say that it is.
    bool replaces = false;    // A ledger that is there already is kept aside.
};

struct Restored {
    Timestamp since;                        // When the backup was made, as well as it tells.
    std::optional<std::string> kept_aside;  // The ledger that was there.
};

// Puts a copy of the backup in the ledger's place, with this program's schema, guarded. The backup
// is only read. Errors: not_found, data_corruption and failed_precondition of the backup;
// unavailable while a gateway has the ledger, or by the disk; conflict when a ledger is there and
// is not to be replaced. Whatever fails, the ledger's place is as it was.
Result<Restored> restore_sqlite(const RestoreOrder& order, Clock& clock,
                                const BackupProgress& progress);

}  // namespace tollgate::ledger
