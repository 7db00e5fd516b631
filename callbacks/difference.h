#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/books.h"

namespace tollgate::callbacks {

// A place where Alipay's signed word and the ledger disagree, or where only a person can decide.
struct NewDifference {
    std::string app;
    std::string difference_class;
    std::string
        trade_no;  // Or what else the difference is about, when Alipay has no number for it.
    std::optional<ledger::RowId> notification;
    std::string evidence;  // JSON.
    bool holds = true;     // Its payment leaves the timers' hands until it is settled.
    ledger::Origin origin;
    Timestamp now;
};

// Opens it with its event, once per trade_no and class, and holds the payment, if it has one and is
// not held yet. What a person has settled stays settled, and holds nothing, unless Alipay now tells
// of money that it did not tell of then: that is opened again. False: nothing is open that was not
// before. Errors: those of Books.
Result<bool> open_difference(ledger::Books& books, ledger::Payment* payment,
                             const NewDifference& difference, Entropy& entropy);

}  // namespace tollgate::callbacks
