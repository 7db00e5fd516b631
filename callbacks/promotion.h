#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "ledger/books.h"
#include "ledger/state_table.h"

namespace tollgate::callbacks {

// What moves a payment, beside the state table's decision.
struct Promotion {
    ledger::Decision decision;  // Of kind move.
    std::optional<std::string> trade_no;
    std::optional<Timestamp> paid_at;
    std::optional<Timestamp> next_sweep_at;  // For a status that is not final.
    std::optional<std::string> failure;
    std::optional<bool> cancelling;  // Of `closing`; absent: as it was.
    PaymentRules rules = {};         // Of its app, for money that comes late or twice.
    ledger::Origin origin;
    Timestamp now;
};

// Writes every step of the path as a transition of its own, each with its event, all in the unit of
// work that `books` belongs to: the one way in which a payment's status changes. Marks money that
// came late, after a close was asked for, or for an order that another payment has paid; with the
// last or the first of these, the app's late policy is carried out in the same unit, once. A
// payment that was paid is seen to again when its refund window ends; if it was only a query that
// said so, also five minutes later, when its notification should have come. Errors: those of Books.
Result<Done> promote(ledger::Books& books, ledger::Payment& payment, const Promotion& promotion,
                     Entropy& entropy);

// Our own number for the refund that the late policy, or whoever settles a difference, makes: the
// first one of a payment, which nearly always stays the only one.
std::string policy_refund_number(const ledger::Payment& payment);

// Reserves and requests it: all that is not refunded yet. One that has failed is requested again,
// under its number, while that is its amount. Nothing when there is nothing left, be it refunded or
// reserved. Errors: those of Books.
struct PolicyRefund {
    std::string reason;
    ledger::Origin origin;
    Timestamp now;
};
Result<Done> request_policy_refund(ledger::Books& books, const ledger::Payment& payment,
                                   const PolicyRefund& wanted, Entropy& entropy);

// Reserves a failed refund anew and requests it, under the number and with the amount that it has.
// Errors: those of Books.
Result<Done> request_again(ledger::Books& books, ledger::Refund& refund,
                           const ledger::Origin& origin, Timestamp now);

inline constexpr std::chrono::minutes kNotificationPatience{5};

}  // namespace tollgate::callbacks
