#pragma once

#include <string_view>
#include <vector>

#include "base/money.h"
#include "ledger/reconciliation.h"

// Which of our refunds each refund line of a bill is about. Pure.
namespace tollgate::gateway::reconcile {

// A refund line, as far as that takes.
struct BilledRefund {
    std::string_view out_request_no;  // Empty: the bill names none.
    Money amount;
};

struct RefundPair {
    const ledger::RefundLine* ours = nullptr;  // Null: we have none.
    bool is_part = false;                      // One of several lines that add up to it.
    bool may_be_part = false;  // We have none, but a cancel's refund that no line is about.
};

// What a cancel found or sent back, written down under the payment's number until Alipay's own is
// known (docs/refunds.md): no bill need have that number, nor have it in one line.
bool is_stand_in(const ledger::RefundLine& refund);

// For each of a payment's refund lines, its refund among the payment's; no refund is paired with
// two lines but the stand-in. By number first. What is left is paired by amount if the line has no
// number or the refund is the stand-in; in the end all lines left with the stand-in, if they add up
// to it.
std::vector<RefundPair> pair_refunds(const std::vector<BilledRefund>& lines,
                                     const std::vector<ledger::RefundLine>& ours);

}  // namespace tollgate::gateway::reconcile
