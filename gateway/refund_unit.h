#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "callbacks/app.h"
#include "config/json_reader.h"
#include "gateway/callers.h"
#include "gateway/idempotency.h"
#include "ledger/books.h"

namespace tollgate::gateway {

// POST /v1/payments/{id}/refunds, read and checked.
struct RefundRequest {
    std::string payment_id;
    std::string out_request_no;
    Money amount;
    std::optional<std::string> reason;
    std::string fingerprint;  // JSON.
};
RefundRequest read_refund_request(const std::string& payment_id, std::string_view body,
                                  std::vector<config::Problem>& problems);

struct WantedRefund {
    RefundRequest request;
    const Caller* caller = nullptr;
    KeyedRequest keyed;
    std::string request_id;
    Timestamp busy_until;  // Of its key.
};

// What became of it.
struct RefundOutcome {
    enum class Kind {
        requested,  // Reserved and written down: make the call now.
        replayed,   // The same request was here before: the refund as it is now.
        answered,   // `response` says why not, or is the key's stored answer.
    };
    Kind kind = Kind::requested;
    ledger::Refund refund;
    transport::ServerResponse response;
};

// The unit of work: reads the payment and all its refunds, and reserves the amount, in one
// transaction. Errors: those of Books.
Result<RefundOutcome> refund_in_books(ledger::Books& books, const callbacks::Apps& apps,
                                      const WantedRefund& wanted, Entropy& entropy);

}  // namespace tollgate::gateway
