#pragma once

#include <vector>

#include "base/migrate.h"

namespace tollgate::ledger {

// Embedded from ledger/migrations/sqlite/.
std::vector<Migration> sqlite_migrations();
// Embedded from ledger/migrations/postgres/.
std::vector<Migration> postgres_migrations();

}  // namespace tollgate::ledger
