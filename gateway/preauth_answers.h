#pragma once

#include <optional>
#include <string>

#include "base/money.h"
#include "base/result.h"
#include "gateway/alipay_client.h"
#include "gateway/trade_answers.h"
#include "ledger/preauthorisation.h"

namespace tollgate::gateway {

// What can be asked of Alipay about a pre-authorisation.
enum class PreauthCall {
    freeze,
    freeze_again,  // The same call, after one whose answer was lost.
    freeze_query,
    operation_cancel,
    unfreeze,
    pay,
    trade_query,
};

// The call that moves it on, as it stands. Never a freeze: that is for whoever tries.
PreauthCall next_call(const ledger::Preauthorisation& preauth);

// What an answer proves (protocol notes 9.16), read once. Pure.
struct PreauthFinding {
    enum class Kind {
        frozen,   // Signed: the money is frozen.
        waiting,  // Signed: the buyer has not agreed yet.
        ended,    // Signed: nothing is frozen (any more).
        none,     // Signed: Alipay has no such authorisation.
        done,     // Signed: what was asked is done, or has begun.
        refused,  // Signed: for good.
        trade,    // Of trade_query: see `trade`.
        unclear,  // Anything else: proves nothing.
    };
    Kind kind = Kind::unclear;
    std::string why;
    std::string auth_no;
    std::string payer_id;
    std::optional<Money> amount;
    bool was_paid_from = false;  // Of `ended`: some of it was taken.
    std::string action;          // JSON; of a freeze that gives a code.
    QueryFinding trade;
};
PreauthFinding read_preauth_answer(PreauthCall call, const Result<AlipayAnswer>& answer);

}  // namespace tollgate::gateway
