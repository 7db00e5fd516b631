#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "ledger/payment.h"

namespace tollgate::ledger {

// Where a refund stands. Only `failed` gives its amount free again.
enum class RefundStatus {
    requested,   // Written down and reserved; no call has left.
    processing,  // A call has left; no answer has proved anything.
    unknown,     // An answer was lost or unclear: the money may have moved.
    succeeded,   // Proved by fund_change=Y, or by a refund query.
    failed,      // Proved: no money moved. May be requested again, under the same number.
};

inline constexpr std::array kRefundStatuses = {RefundStatus::requested, RefundStatus::processing,
                                               RefundStatus::unknown, RefundStatus::succeeded,
                                               RefundStatus::failed};

std::string_view name_of(RefundStatus status);
std::optional<RefundStatus> refund_status_from(std::string_view name);

// Who began it. `external`: somebody at Alipay's own pages; `cancel`: a cancel that found money;
// `policy`: the app's rule for late and surplus money, or an operator who settles a difference.
enum class RefundOrigin { api, external, cancel, policy };

inline constexpr std::array kRefundOrigins = {RefundOrigin::api, RefundOrigin::external,
                                              RefundOrigin::cancel, RefundOrigin::policy};

std::string_view name_of(RefundOrigin origin);
std::optional<RefundOrigin> refund_origin_from(std::string_view name);

// What is known of a refund's calls so far: the ground on which refund_proof.h decides.
struct RefundProof {
    bool open_call = false;  // A call has left whose answer is not written down yet.
    bool ambiguous = false;  // Some call may have moved the money without our knowing.
    std::int64_t attempts = 0;
    std::optional<Timestamp> last_attempt_at;
    // Queries without refund data since the last ambiguous call, 10 minutes apart.
    std::int64_t empty_queries = 0;
    std::optional<Timestamp> first_empty_at;
    bool query_next = false;  // What is due is a query, not a call.

    friend bool operator==(const RefundProof&, const RefundProof&) = default;
};

// One refund of a payment.
struct Refund {
    RowId row = 0;
    std::string id;  // "ref_…"
    RowId payment = 0;
    std::string out_request_no;
    RefundStatus status = RefundStatus::requested;
    std::int64_t version = 1;
    Money amount;
    RefundOrigin origin = RefundOrigin::api;
    std::optional<std::string> reason;
    Timestamp created_at;
    Timestamp updated_at;
    std::optional<Timestamp> next_sweep_at;  // When somebody must see to it again.
    std::optional<Timestamp> calling_until;  // A lease: one of us sees to it until then.
    RefundProof proof;
    std::optional<std::string> failure;
    std::optional<Timestamp> refunded_at;
    std::optional<std::string> deposit_back;  // JSON.
};

// True when it holds a part of the payment's amount: everything but `failed`.
bool is_live(RefundStatus status);

// What may still be refunded, and what of the payment is on its way or gone.
struct RefundSums {
    Money live;
    Money succeeded;
};
RefundSums sums_of(const std::vector<Refund>& refunds);

// The JSON object that the API and the events show of a refund.
std::string to_json(const Refund& refund);

// A refund that a notification tells of, under a number that is not ours.
struct RefundReport {
    RowId row = 0;
    RowId payment = 0;
    std::string out_request_no;
    Timestamp reported_at;
    std::int64_t queries = 0;
};

}  // namespace tollgate::ledger
