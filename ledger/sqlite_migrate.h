#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/sqlite.h"
#include "ledger/migrations.h"

namespace tollgate::ledger {

// Brings the schema up to date, each step in a transaction of its own. Every applied step's text is
// kept, and compared at each start: an edited old step is refused, as is a ledger that is newer
// than this program. Before the first step on a ledger that holds data, a copy is made beside it
// ("<file>.before-0002").
// Errors: failed_precondition (newer or edited), and whatever SQLite says.
Result<Done> migrate(Database& db, const std::vector<Migration>& migrations,
                     const std::string& file, Timestamp now);

}  // namespace tollgate::ledger
