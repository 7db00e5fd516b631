#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "callbacks/app.h"
#include "gateway/callers.h"
#include "gateway/idempotency.h"
#include "ledger/books.h"

namespace tollgate::gateway {

// How a person ends a difference.
enum class Settlement {
    accept,  // Alipay's word holds: money that it says came is this payment's.
    refund,  // The same, and all of it goes back.
    ignore,  // Nothing follows; the payment goes back to the timers' hands.
};

std::string_view name_of(Settlement settlement);
std::optional<Settlement> settlement_from(std::string_view name);

struct WantedSettlement {
    std::string difference_id;
    Settlement settlement = Settlement::ignore;
    std::string note;  // Why, for whoever looks later.
    const Caller* caller = nullptr;
    KeyedRequest keyed;
    std::string request_id;
};

// The unit of work of POST /v1/differences/{id}/settle: the settlement, its audit, what follows for
// the payment, and the stored answer, together. Errors: those of Books.
Result<transport::ServerResponse> settle_in_books(ledger::Books& books, const callbacks::Apps& apps,
                                                  const WantedSettlement& wanted, Entropy& entropy);

// The JSON object that the API shows of a difference.
std::string difference_json(const ledger::DifferenceView& difference);

}  // namespace tollgate::gateway
