#pragma once

#include <string>
#include <vector>

#include "callbacks/app.h"
#include "gateway/refund_answers.h"
#include "gateway/trade_steps.h"
#include "ledger/books.h"

// The units of work that carry refunds to their end. What is proved stands in ledger/refund_proof.
namespace tollgate::gateway {

// A refund that it is time to see to, and how.
struct DueRefund {
    ledger::Refund refund;
    ledger::Payment payment;
    callbacks::AppRef app;
    bool query = false;  // Else the refund call, which is already written down as made.
};
struct DueReport {
    ledger::RefundReport report;
    ledger::Payment payment;
    callbacks::AppRef app;
};
struct DueRefunds {
    std::vector<DueRefund> refunds;
    std::vector<DueReport> reports;
};

struct RefundClaim {
    const callbacks::Apps& apps;
    Timestamp now;
    Timestamp lease_until;
    int limit = 0;
    Entropy& entropy;
};

// Takes what is due. A refund call is written down before its first byte leaves, and two of one
// trade are at least 3 s apart; one whose answer was never written down is ambiguous.
Result<DueRefunds> claim_due_refunds(ledger::Books& books, const RefundClaim& claim);

// What an answer proves, with its event; the payment is `refunded` once its refunds add up. The
// refund as it is now.
Result<ledger::Refund> apply_refund_call(ledger::Books& books, const DueRefund& due,
                                         const RefundCallFinding& finding,
                                         const StepContext& context);
Result<ledger::Refund> apply_refund_query(ledger::Books& books, const DueRefund& due,
                                          const RefundQueryFinding& finding,
                                          const StepContext& context);

// A reported refund that is not ours is one once a query proves it.
Result<Done> apply_report_query(ledger::Books& books, const DueReport& due,
                                const RefundQueryFinding& finding, const StepContext& context);

}  // namespace tollgate::gateway
