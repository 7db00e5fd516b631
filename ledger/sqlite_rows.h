#pragma once

#include <optional>
#include <vector>

#include "base/sqlite.h"
#include "ledger/rows.h"

namespace tollgate::ledger {

// What `read` (read_payment<Statement>, ...) makes of every row that the statement gives.
template <typename Read>
Result<std::vector<RecordOf<Read, Statement>>> read_all(Statement& select, Read read) {
    using Record = RecordOf<Read, Statement>;
    std::vector<Record> records;
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) return records;
        TOLLGATE_TRY(auto record, Result<Record>(read(select)));
        records.push_back(std::move(record));
    }
}

// What it makes of the first row; nothing: there is none.
template <typename Read>
Result<std::optional<RecordOf<Read, Statement>>> read_first(Statement& select, Read read) {
    using Record = RecordOf<Read, Statement>;
    TOLLGATE_TRY(const bool found, select.step());
    if (!found) return std::optional<Record>();
    TOLLGATE_TRY(auto record, Result<Record>(read(select)));
    select.again();  // Ends the read: an open one would keep the log from being recycled.
    return std::optional(std::move(record));
}

}  // namespace tollgate::ledger
