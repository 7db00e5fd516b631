#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "ledger/preauthorisation.h"
#include "ledger/records.h"
#include "signing/fields.h"

namespace tollgate::callbacks {

// What is decided about one verified notification of a freeze, or of the end of one.
struct AuthJudgement {
    ledger::Verdict verdict = ledger::Verdict::rejected;
    std::string reason;
    // The pre-authorisation as it is to be; nothing: it stays.
    std::optional<ledger::Preauthorisation> next;
};

// The business checks (protocol notes 4.10), and then what it says to the one that it is about. A
// freeze moves only what waits for it; every other word is a reason to ask at once, never a proof.
// Takes fields in UTF-8 whose app_id was checked. Pure.
AuthJudgement judge_authorisation(const signing::Fields& fields,
                                  const ledger::Preauthorisation& preauth, Timestamp now);

}  // namespace tollgate::callbacks
