#pragma once

#include <optional>
#include <vector>

#include "ledger/postgres_connection.h"
#include "ledger/rows.h"

namespace tollgate::ledger {

// What `read` (read_payment<PostgresRow>, ...) makes of every row of an answer, in its order.
template <typename Read>
Result<std::vector<RecordOf<Read, PostgresRow>>> read_all(const PostgresRows& rows, Read read) {
    using Record = RecordOf<Read, PostgresRow>;
    std::vector<Record> records;
    records.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
        TOLLGATE_TRY(auto record, Result<Record>(read(rows[i])));
        records.push_back(std::move(record));
    }
    return records;
}

// What it makes of the first row; nothing: there is none.
template <typename Read>
Result<std::optional<RecordOf<Read, PostgresRow>>> read_first(const PostgresRows& rows, Read read) {
    using Record = RecordOf<Read, PostgresRow>;
    if (rows.empty()) return std::optional<Record>();
    TOLLGATE_TRY(auto record, Result<Record>(read(rows[0])));
    return std::optional(std::move(record));
}

}  // namespace tollgate::ledger
