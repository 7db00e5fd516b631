#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "ledger/payment.h"

namespace tollgate::gateway {

// When Alipay is asked again about a payment that is still open: a ladder for each product, each
// wait stretched by up to a fifth, and never past the moments at which its time is over. Nothing
// for a payment that is final. Pure: the time and the dice come in.
//
// Notifications are the ordinary way to hear of a payment; a buyer at a counter waits, so `barcode`
// asks in seconds, and a browser's payment in minutes.
std::optional<Timestamp> next_look(const ledger::Payment& payment, Timestamp now, Random& dice);

}  // namespace tollgate::gateway
