#pragma once

#include "gateway/preauth_claim.h"
#include "gateway/trade_steps.h"

namespace tollgate::gateway {

// How long after its time is over a freeze may still be on its way to Alipay.
inline constexpr std::chrono::minutes kPreauthGrace{10};

// The unit of work that writes what an answer proves, with its event, and with the payment once the
// confirm has paid. Ends the lease. One that has not ended an hour after it should have is told of
// by a difference. It as it is now. Errors: those of Books.
Result<ledger::Preauthorisation> apply_preauth(ledger::Books& books, const DuePreauth& due,
                                               const PreauthFinding& finding,
                                               const StepContext& context);

}  // namespace tollgate::gateway
