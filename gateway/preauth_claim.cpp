#include "gateway/preauth_claim.h"

namespace tollgate::gateway {
namespace {

constexpr std::chrono::hours kPreauthAppIsGone{1};

}  // namespace

Result<std::vector<DuePreauth>> claim_due_preauths(ledger::Books& books,
                                                   const PreauthClaim& claim) {
    TOLLGATE_TRY(auto preauths,
                 books.preauths().claim_due(claim.now, claim.lease_until, claim.limit));
    std::vector<DuePreauth> due;
    for (ledger::Preauthorisation& preauth : preauths) {
        const ledger::Origin origin{
            .cause = ledger::Cause::timer, .cause_id = preauth.id, .request_id = preauth.id};
        callbacks::AppRef app = claim.apps.find(preauth.app);
        const PreauthCall call = next_call(preauth);
        ledger::Preauthorisation next = preauth;
        // When the lease runs out without an answer, somebody must see to it.
        next.next_sweep_at = claim.now;
        next.attempts += 1;
        if (call == PreauthCall::pay) next.ask_next = true;
        if (app == nullptr) {
            next = preauth;
            next.calling_until = std::nullopt;
            next.next_sweep_at = claim.now + kPreauthAppIsGone;
        }
        TOLLGATE_DO(books.preauths().change(preauth, std::move(next), origin, claim.now));
        if (app != nullptr) due.push_back({std::move(preauth), std::move(app), call});
    }
    return due;
}

}  // namespace tollgate::gateway
