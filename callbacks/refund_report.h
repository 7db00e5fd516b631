#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "callbacks/trade_notification.h"
#include "ledger/books.h"

namespace tollgate::callbacks {

// What a notification says of a refund is a reason to ask, never a proof: a refund of ours that is
// not over is asked about at once; a number that is not ours is kept until a query proves it. What
// became of the money at the buyer's bank is written down. Errors: those of Books.
Result<Done> take_refund_report(ledger::Books& books, const ledger::Payment& payment,
                                const TradeNotification& report, const ledger::Origin& origin,
                                Timestamp now);

}  // namespace tollgate::callbacks
