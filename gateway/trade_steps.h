#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "gateway/trade_answers.h"
#include "gateway/trade_judgement.h"
#include "ledger/books.h"

// The units of work that end payments: each writes what one answer of Alipay's, or one wish,
// proves.
namespace tollgate::gateway {

struct StepContext {
    callbacks::AppRef app;
    ledger::Origin origin;  // Of the errand: whose answer, or whose wish.
    TimeSense time;
    Entropy& entropy;
    Random& dice;
};

// How a step left the payment, and the call that must follow at once. With `none` the lease is over
// and the payment's next look is set.
struct TradeStep {
    ledger::Payment payment;
    TradeCall next = TradeCall::none;
    std::string opened;  // The class of a difference that it opened, or empty.
};

// Who wants a payment ended, and how.
enum class Ending {
    close,   // The buyer can no longer pay; money that has come stays.
    cancel,  // The same, and money that has come unseen is sent back (barcode).
};

struct BegunEnding {
    enum class Kind {
        begun,  // It is `closing`, now or since before.
        over,   // It is `closed` or `failed` already.
        paid,   // The money is there: refused.
        held,   // Somebody must settle its difference first: refused.
    };
    Kind kind = Kind::begun;
    ledger::Payment payment;
};

// From now on no action is handed out for it, whatever Alipay says. Errors: not_found; those of
// Books.
Result<BegunEnding> begin_ending(ledger::Books& books, const std::string& payment_id, Ending ending,
                                 const StepContext& context);

// What a query proves: evidence first, then what the clock allows, then the next call.
Result<TradeStep> apply_query(ledger::Books& books, const std::string& payment_id,
                              const QueryFinding& finding, const ErrandSoFar& so_far,
                              const StepContext& context);

// What a cancel has done.
Result<TradeStep> apply_cancel(ledger::Books& books, const std::string& payment_id,
                               const CancelFinding& finding, const StepContext& context);

// Ends the lease: nothing more can be done now.
Result<TradeStep> rest_payment(ledger::Books& books, const std::string& payment_id,
                               const StepContext& context);

// What is due now.
struct DuePayments {
    std::vector<ledger::Payment> to_ask;  // Under a lease until the errand ends.
    // Paid by a query's word, and five minutes later no notification has come.
    std::vector<ledger::Payment> unheard;
};
Result<DuePayments> claim_due(ledger::Books& books, const callbacks::Apps& apps, Timestamp now,
                              Timestamp lease_until, int limit);

}  // namespace tollgate::gateway
