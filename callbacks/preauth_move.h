#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/books.h"

namespace tollgate::callbacks {

// How often Alipay is asked about what is frozen, so that nothing ends there unheard of.
inline constexpr std::chrono::hours kFrozenLook{1};

// Writes `next` over it: the only way a pre-authorisation moves. A new status is told of in an
// event, counts its attempts anew, and needs nobody any more when it is final. Errors: those of
// Books.
Result<Done> move_preauth(ledger::Books& books, ledger::Preauthorisation& preauth,
                          ledger::Preauthorisation next, const ledger::Origin& origin,
                          Timestamp now, Entropy& entropy);

}  // namespace tollgate::callbacks
