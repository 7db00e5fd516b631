#include "gateway/reconcile/classify.h"

#include <algorithm>

#include "base/check.h"
#include "callbacks/judgement.h"
#include "ledger/state_table.h"

namespace tollgate::gateway::reconcile {
namespace {

using ledger::PaymentStatus;

constexpr std::chrono::minutes kBoundary{30};
constexpr std::chrono::hours kRefundProofMax{24};

Neighbours neighbours(Timestamp at, std::chrono::milliseconds after_start) {
    const BeijingDay day = BeijingDay::of(at);
    return {.previous = at - day.start() < after_start, .next = day.end() - at <= kBoundary};
}

}  // namespace

std::string_view name_of(BillClass bill_class) {
    switch (bill_class) {
        case BillClass::missing_here: return "missing_here";
        case BillClass::missing_at_alipay: return "missing_at_alipay";
        case BillClass::amount_differs: return "amount_differs";
        case BillClass::trade_no_differs: return "trade_no_differs";
        case BillClass::status_behind: return "status_behind";
        case BillClass::status_ahead: return "status_ahead";
        case BillClass::refund_differs: return "refund_differs";
        case BillClass::fee_differs: return "fee_differs";
        case BillClass::day_boundary: return "day_boundary";
        case BillClass::foreign: return "foreign";
    }
    TOLLGATE_CHECK(false);
    return {};
}

bool is_difference(BillClass bill_class) {
    return bill_class != BillClass::day_boundary && bill_class != BillClass::foreign;
}

std::vector<std::string_view> other_names_of(BillClass bill_class) {
    switch (bill_class) {
        case BillClass::missing_here: return {"unknown_order"};
        case BillClass::amount_differs: return {"amount_mismatch"};
        case BillClass::trade_no_differs: return {"trade_no_mismatch"};
        case BillClass::status_behind: return {"paid_before_created", "trade_no_taken"};
        case BillClass::missing_at_alipay:
        case BillClass::status_ahead:
        case BillClass::refund_differs:
        case BillClass::fee_differs:
        case BillClass::day_boundary:
        case BillClass::foreign: return {};
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<BillClass> compare_payment(const BilledPayment& billed,
                                         const ledger::PaymentLine& ours) {
    if (ours.trade_no && *ours.trade_no != billed.trade_no) return BillClass::trade_no_differs;
    if (ours.amount != billed.amount) return BillClass::amount_differs;
    const auto decision = ledger::decide(ours.status, ledger::Input::trade_paid);
    if (decision.kind != ledger::Decision::Kind::stay) return BillClass::status_behind;
    return std::nullopt;
}

bool may_repair(const BilledPayment& billed, const ledger::PaymentLine& ours) {
    return compare_payment(billed, ours) == BillClass::status_behind &&
           ledger::decide(ours.status, ledger::Input::trade_paid).kind ==
               ledger::Decision::Kind::move &&
           billed.done_at + callbacks::kPayTimeTolerance >= ours.created_at;
}

std::optional<BillClass> compare_refund(Money billed, const RefundPair& pair) {
    const bool agree = pair.ours != nullptr && pair.ours->status == "succeeded" &&
                       (pair.is_part || pair.ours->amount == billed);
    return agree ? std::nullopt : std::optional(BillClass::refund_differs);
}

bool claims_too_much(const ledger::PaymentLine& ours, const GivenBack& given_back,
                     const BeijingDay& day) {
    if (ours.status != PaymentStatus::refunded || ours.updated_at >= day.end()) return false;
    return std::max(given_back.here, given_back.there) < ours.amount;
}

std::optional<BillClass> compare_funds(const BilledSums& billed, const bill::FundSums& funds) {
    if (funds.has_income && funds.income_fen != billed.received_fen) {
        return BillClass::amount_differs;
    }
    if (funds.has_payout && funds.payout_fen != billed.given_back_fen) {
        return BillClass::refund_differs;
    }
    if (funds.has_fee && funds.fee_fen != billed.fee_fen) return BillClass::fee_differs;
    return std::nullopt;
}

Neighbours payment_neighbours(Timestamp at) {
    return neighbours(at, kBoundary);
}

Neighbours refund_neighbours(Timestamp at) {
    return neighbours(at, kRefundProofMax);
}

const AppNumbers* owner_of(std::string_view out_trade_no, Timestamp done_at,
                           std::optional<Timestamp> first_payment_at,
                           const std::vector<AppNumbers>& apps) {
    if (out_trade_no.empty()) return nullptr;
    const AppNumbers* claims_all = nullptr;
    for (const AppNumbers& app : apps) {
        if (app.prefixes.empty() && claims_all == nullptr) claims_all = &app;
        const bool begins_like_it = std::ranges::any_of(
            app.prefixes,
            [&](const std::string& prefix) { return out_trade_no.starts_with(prefix); });
        if (begins_like_it) return &app;
    }
    // A bill says the second alone.
    const bool before_us =
        !first_payment_at || done_at + std::chrono::seconds(1) <= *first_payment_at;
    return before_us ? nullptr : claims_all;
}

}  // namespace tollgate::gateway::reconcile
