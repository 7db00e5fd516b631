#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "ledger/payment.h"
#include "ledger/records.h"

namespace tollgate::ledger {

// One step of a payment, a refund or a pre-authorisation, for its table of transitions.
struct TransitionStep {
    RowId of = 0;  // What has made it.
    std::int64_t version = 0;
    std::optional<std::string_view> from;  // Absent for the first.
    std::string_view to;
    const Origin& origin;
    Timestamp at;
};

// `insert` takes: of, version, from_status, to_status, cause, cause_id, request_id, at_ms.
Result<Done> write_transition(Statement& insert, const TransitionStep& step);

// `select` takes the row that they are of, and gives: version, from_status, to_status, cause,
// cause_id, request_id, at_ms.
Result<std::vector<TransitionRecord>> read_transitions(Statement& select, RowId of);

}  // namespace tollgate::ledger
