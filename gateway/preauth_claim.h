#pragma once

#include <vector>

#include "callbacks/app.h"
#include "gateway/preauth_answers.h"
#include "ledger/books.h"

namespace tollgate::gateway {

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

// The unit of work that takes what is due. A payment call is written down before its first byte
// leaves: when its answer is lost, Alipay is asked before it is made again. Errors: those of Books.
Result<std::vector<DuePreauth>> claim_due_preauths(ledger::Books& books, const PreauthClaim& claim);

}  // namespace tollgate::gateway
