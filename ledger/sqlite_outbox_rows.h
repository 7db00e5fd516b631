#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/sqlite.h"
#include "ledger/endpoint.h"
#include "ledger/sqlite_outbox_reading.h"

// How the outbox's rows are spelled in SQLite; what its reading and its writing half share.
namespace tollgate::ledger {

inline std::optional<std::int64_t> ms_of(const std::optional<Timestamp>& at) {
    return at ? std::optional(at->ms) : std::nullopt;
}

inline std::optional<Timestamp> optional_time(const Statement& row, int column) {
    const auto ms = row.optional_integer(column);
    return ms ? std::optional(Timestamp{*ms}) : std::nullopt;
}

// Where the delivery of an event to an endpoint stands: an endpoint's stand together, in the order
// of their events.
inline constexpr RowId kEventsMax = RowId{1} << 40;
constexpr RowId delivery_row(RowId endpoint, RowId event) {
    return endpoint * kEventsMax + event;
}

// A list of names in one text column: one a line. No name holds a line end.
std::string join_lines(const std::vector<std::string>& names);
std::vector<std::string> split_lines(std::string_view text);

// A SELECT of the columns that read_endpoint() takes. For a static local: the statement cache tells
// statements apart by address.
std::string select_endpoints(const char* condition);

// Errors: data_corruption.
Result<Endpoint> read_endpoint(const Statement& row);
// Every row that the statement gives.
Result<std::vector<Endpoint>> read_endpoints(Statement& select);

}  // namespace tollgate::ledger
