#pragma once

#include <cstdint>
#include <functional>

#include "base/sqlite.h"

namespace tollgate {

// How many pages are copied so far, and of how many.
using CopyProgress = std::function<void(std::int64_t pages, std::int64_t of)>;

// Copies all of `from` over `to`, page by page: the state of one moment, though others go on
// writing to `from` (WAL), whom it does not hold up: it only keeps the log from being begun anew
// until it is done. Errors: what SQLite says; `to` is then worth nothing.
Result<Done> copy_database(Database& from, Database& to, const CopyProgress& progress);

// Reads everything. Errors: data_corruption, with the first that is wrong.
Result<Done> check_integrity(Database& db);

}  // namespace tollgate
