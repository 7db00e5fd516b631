#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "ledger/refund.h"

namespace tollgate::ledger {

// What can happen to a refund. Only signed words of Alipay, and our own calls, count.
enum class RefundInput {
    call_leaves,    // About to send the refund call; written before the first byte leaves.
    moved,          // fund_change=Y.
    not_moved,      // Code 10000 without fund_change=Y: proves nothing either way.
    refused,        // A signed, definite refusal.
    other_amount,   // Refused, because a refund under this number and another amount is finished.
    not_now,        // Signed: the call was not handled (call limits). A doubled one may have been.
    not_sent,       // No byte of the call went out.
    ambiguous,      // No whole, verified answer came back, or it is SYSTEM_ERROR.
    query_found,    // A refund query with this refund's data, and its amount.
    query_empty,    // A refund query without refund data.
    query_unclear,  // No usable answer to a query.
    requested_again,  // The caller asks for a failed one once more.
};

inline constexpr std::array kRefundInputs = {
    RefundInput::call_leaves, RefundInput::moved,         RefundInput::not_moved,
    RefundInput::refused,     RefundInput::other_amount,  RefundInput::not_now,
    RefundInput::not_sent,    RefundInput::ambiguous,     RefundInput::query_found,
    RefundInput::query_empty, RefundInput::query_unclear, RefundInput::requested_again,
};

std::string_view name_of(RefundInput input);

// Where the refund stands after the input, what is proved, and when to see to it next. Pure.
//
// Success is proved by `moved` or `query_found`. Failure is proved by a refusal when no call was
// ever ambiguous; else only by a refusal of a call that was made after two empty queries, both at
// least 10 s after the last call and 10 minutes apart. A final refund only leaves `failed`, by
// `requested_again`; every other input finds it as it is.
struct RefundStep {
    RefundStatus status = RefundStatus::requested;
    RefundProof proof;
    std::optional<Timestamp> next_at;  // Absent: nothing is left to do.
};
RefundStep decide(const Refund& refund, RefundInput input, Timestamp now);

// Alipay wants this long between two refunds of one trade, and between a refund and its query.
inline constexpr std::chrono::seconds kRefundSpacing{3};
inline constexpr std::chrono::seconds kRefundQueryWait{10};
inline constexpr std::chrono::minutes kEmptyQueriesApart{10};

}  // namespace tollgate::ledger
