#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
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
    ledger::Origin origin;
    Timestamp now;
};

// Writes every step of the path as a transition of its own, each with its event, all in the unit of
// work that `books` belongs to: the one way in which a payment's status changes. Marks money that
// came late, after a close was asked for, or for an order that another payment has paid.
// Errors: those of Books.
Result<Done> promote(ledger::Books& books, ledger::Payment& payment, const Promotion& promotion,
                     Entropy& entropy);

}  // namespace tollgate::callbacks
