#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "callbacks/trade_notification.h"
#include "ledger/books.h"
#include "signing/fields.h"

namespace tollgate::callbacks {

// What a notification says of a refund is a reason to ask, never a proof: a refund of ours that is
// not over is asked about at once; a number that is not ours is kept until a query proves it. What
// became of the money at the buyer's bank is written down. Errors: those of Books.
Result<Done> take_refund_report(ledger::Books& books, const ledger::Payment& payment,
                                const TradeNotification& report, const ledger::Origin& origin,
                                Timestamp now);

// A message about a card refund at the buyer's bank (protocol notes 4.6): what the bank said is
// written beside our refund, whose status it does not touch, since the money has left the merchant
// either way. A refund that is not over is asked about at once, a number that is not ours is kept
// until a query proves it. Errors: those of Books.
Result<Done> take_deposit_back(ledger::Books& books, const ledger::Payment& payment,
                               const signing::Fields& message, const ledger::Origin& origin,
                               Timestamp now);

}  // namespace tollgate::callbacks
