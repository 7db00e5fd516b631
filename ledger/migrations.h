#pragma once

#include <string_view>
#include <vector>

namespace tollgate::ledger {

// One forward step of the schema. Numbers begin at 1 and have no gaps.
struct Migration {
    int number = 0;
    std::string_view name;
    std::string_view sql;
};

// Embedded from ledger/migrations/sqlite/.
std::vector<Migration> sqlite_migrations();

}  // namespace tollgate::ledger
