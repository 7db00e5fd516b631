#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "gateway/bill/bill_line.h"
#include "gateway/reconcile/applying.h"
#include "ledger/reconciliation.h"

namespace tollgate::gateway::reconcile {

// The bill's line that a difference is about.
struct BilledLine {
    bill::TradeLine::Kind kind = bill::TradeLine::Kind::payment;
    Timestamp done_at;
};

// The JSON object that is kept with a difference: what both sides say. A payment's line speaks in
// the words of Alipay's notifications (total_amount, gmt_payment), so that whoever settles the
// difference is answered alike.
std::string evidence_of(const ledger::Reconciliation& reconciliation, const ReportRow& row,
                        const std::optional<BilledLine>& line);

}  // namespace tollgate::gateway::reconcile
