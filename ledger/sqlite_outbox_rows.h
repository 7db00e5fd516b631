#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sqlite.h"
#include "ledger/endpoint.h"
#include "ledger/rows.h"
#include "ledger/sqlite_outbox_reading.h"

// How the outbox's rows are spelled in SQLite; what its reading and its writing half share.
namespace tollgate::ledger {

// A SELECT of the columns that read_endpoint() takes. For a static local: the statement cache tells
// statements apart by address.
std::string select_endpoints(const char* condition);

// Every row that the statement gives.
Result<std::vector<Endpoint>> read_endpoints(Statement& select);

}  // namespace tollgate::ledger
