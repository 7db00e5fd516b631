#include "ledger/refund_proof.h"

#include <algorithm>

#include "base/check.h"

namespace tollgate::ledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr seconds kAgainSoon{5};
constexpr seconds kCallLimitWait{30};
constexpr minutes kWaitMax{10};
constexpr std::int64_t kEmptyQueriesNeeded = 2;

bool is_over(RefundStatus status) {
    return status == RefundStatus::succeeded || status == RefundStatus::failed;
}

// Twice as long after each call, so that a refund in doubt for a day costs some 150 calls at most.
milliseconds wait_after(const RefundProof& proof) {
    milliseconds wait = kRefundQueryWait;
    for (std::int64_t i = 1; i < proof.attempts && wait < kWaitMax; ++i) wait *= 2;
    return std::min<milliseconds>(wait, kWaitMax);
}

RefundStep stays(const Refund& refund, std::optional<Timestamp> next_at) {
    return {.status = refund.status, .proof = refund.proof, .next_at = next_at};
}

RefundStep ends(RefundStep step, RefundStatus status) {
    step.status = status;
    step.proof.query_next = false;
    step.next_at = std::nullopt;
    return step;
}

RefundStep ask(RefundStep step, Timestamp at) {
    step.proof.query_next = true;
    step.next_at = at;
    return step;
}

RefundStep call(RefundStep step, Timestamp at) {
    step.proof.query_next = false;
    step.next_at = at;
    return step;
}

RefundStep in_doubt(RefundStep step, RefundStatus status, Timestamp now) {
    step.status = status;
    step.proof.ambiguous = true;
    step.proof.empty_queries = 0;
    step.proof.first_empty_at = std::nullopt;
    const milliseconds wait = wait_after(step.proof);
    return ask(std::move(step), now + wait);
}

RefundStep after_refusal(RefundStep step, Timestamp now) {
    const RefundProof& proof = step.proof;
    const bool proved = !proof.ambiguous || proof.empty_queries >= kEmptyQueriesNeeded;
    if (proved) return ends(std::move(step), RefundStatus::failed);
    Timestamp at = now + kRefundQueryWait;
    if (proof.first_empty_at) at = std::max(at, *proof.first_empty_at + kEmptyQueriesApart);
    return ask(std::move(step), at);
}

RefundStep after_empty_query(RefundStep step, Timestamp now) {
    RefundProof& proof = step.proof;
    const bool late_enough =
        !proof.last_attempt_at || now >= *proof.last_attempt_at + kRefundQueryWait;
    if (!late_enough) {
        const Timestamp at = *proof.last_attempt_at + kRefundQueryWait;
        return ask(std::move(step), at);
    }
    if (!proof.first_empty_at) {
        proof.first_empty_at = now;
        proof.empty_queries = 1;
        // It may never have arrived: the same call again, with the same number and amount.
        return call(std::move(step), now);
    }
    if (now < *proof.first_empty_at + kEmptyQueriesApart) {
        const Timestamp at = *proof.first_empty_at + kEmptyQueriesApart;
        return ask(std::move(step), at);
    }
    proof.empty_queries = std::max(proof.empty_queries, kEmptyQueriesNeeded);
    return call(std::move(step), now);
}

}  // namespace

std::string_view name_of(RefundInput input) {
    switch (input) {
        case RefundInput::call_leaves: return "call_leaves";
        case RefundInput::moved: return "moved";
        case RefundInput::not_moved: return "not_moved";
        case RefundInput::refused: return "refused";
        case RefundInput::other_amount: return "other_amount";
        case RefundInput::not_now: return "not_now";
        case RefundInput::not_sent: return "not_sent";
        case RefundInput::ambiguous: return "ambiguous";
        case RefundInput::query_found: return "query_found";
        case RefundInput::query_empty: return "query_empty";
        case RefundInput::query_unclear: return "query_unclear";
        case RefundInput::requested_again: return "requested_again";
    }
    TOLLGATE_CHECK(false);
    return {};
}

RefundStep decide(const Refund& refund, RefundInput input, Timestamp now) {
    if (input == RefundInput::requested_again) {
        if (refund.status != RefundStatus::failed) return stays(refund, refund.next_sweep_at);
        // Nothing has moved, so nothing of the old calls is in doubt. That they were made still
        // counts for the spacing.
        RefundProof fresh;
        fresh.last_attempt_at = refund.proof.last_attempt_at;
        return {.status = RefundStatus::requested, .proof = fresh, .next_at = now};
    }
    if (is_over(refund.status)) return stays(refund, std::nullopt);

    RefundStep step = stays(refund, refund.next_sweep_at);
    if (input != RefundInput::call_leaves) step.proof.open_call = false;
    switch (input) {
        case RefundInput::call_leaves:
            if (step.status == RefundStatus::requested) step.status = RefundStatus::processing;
            step.proof.open_call = true;
            ++step.proof.attempts;
            step.proof.last_attempt_at = now;
            return step;
        case RefundInput::moved:
        case RefundInput::query_found: return ends(std::move(step), RefundStatus::succeeded);
        case RefundInput::not_moved: return in_doubt(std::move(step), refund.status, now);
        case RefundInput::refused: return after_refusal(std::move(step), now);
        case RefundInput::other_amount:
        case RefundInput::ambiguous: return in_doubt(std::move(step), RefundStatus::unknown, now);
        // Of this copy of the call it is certain that it did nothing; another one, doubled on its
        // way, may have got through. So a refusal that follows is no proof by itself.
        case RefundInput::not_now:
            step = in_doubt(std::move(step), refund.status, now);
            return call(std::move(step), now + kCallLimitWait);
        case RefundInput::not_sent: {
            const milliseconds wait = std::max<milliseconds>(wait_after(step.proof), kAgainSoon);
            return call(std::move(step), now + wait);
        }
        case RefundInput::query_empty: return after_empty_query(std::move(step), now);
        case RefundInput::query_unclear: {
            const milliseconds wait = wait_after(step.proof);
            return ask(std::move(step), now + wait);
        }
        case RefundInput::requested_again: break;
    }
    TOLLGATE_CHECK(false);
    return step;
}

}  // namespace tollgate::ledger
