#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/sqlite.h"

namespace tollgate {

// One forward step of a schema. Numbers begin at 1 and have no gaps; a text never changes once it
// has been released.
struct Migration {
    int number = 0;
    std::string_view name;
    std::string_view sql;
};

// Brings the schema up to date, each step in a transaction of its own. Every applied step's text is
// kept, and compared at each start: an edited old step is refused, as is a file that is newer
// than this program. Before the first step on a file that holds data, a copy is made beside it
// ("<file>.before-0002").
// Errors: failed_precondition (newer or edited), and whatever SQLite says.
Result<Done> migrate(Database& db, const std::vector<Migration>& migrations,
                     const std::string& file, Timestamp now);

}  // namespace tollgate
