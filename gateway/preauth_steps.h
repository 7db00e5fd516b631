#pragma once

#include <vector>

#include "callbacks/app.h"
#include "gateway/preauth_answers.h"
#include "gateway/trade_steps.h"
#include "ledger/books.h"

// The units of work that carry pre-authorisations to their end.
namespace tollgate::gateway {

// How long after its time is over a freeze may still be on its way to Alipay.
inline constexpr std::chrono::minutes kPreauthGrace{10};

// One that it is time to see to, under a lease, and how.
struct DuePreauth {
    ledger::Preauthorisation preauth;
    callbacks::AppRef app;
    PreauthCall call = PreauthCall::freeze_query;
};

struct PreauthClaim {
    const callbacks::Apps& apps;
    Timestamp now;
    Timestamp lease_until;
    int limit = 0;
};

// Takes what is due. A payment call is written down before its first byte leaves: when its answer
// is lost, Alipay is asked before it is made again.
Result<std::vector<DuePreauth>> claim_due_preauths(ledger::Books& books, const PreauthClaim& claim);

// What an answer proves, with its event, and with the payment once the confirm has paid. Ends the
// lease. It as it is now.
Result<ledger::Preauthorisation> apply_preauth(ledger::Books& books, const DuePreauth& due,
                                               const PreauthFinding& finding,
                                               const StepContext& context);

// Writes `next` over it; a new status is told of, and counts its attempts anew.
Result<Done> move_preauth(ledger::Books& books, ledger::Preauthorisation& preauth,
                          ledger::Preauthorisation next, const StepContext& context);

}  // namespace tollgate::gateway
