#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"

// A ledger that came back from a backup. Since then money has moved of which it knows nothing, and
// numbers have been used that it takes for free: until an operator ends it, it is guarded.
namespace tollgate::ledger {

struct Guard {
    Timestamp since;  // When the backup was made.
    // When a gateway first began on it: between the two money moved unseen.
    std::optional<Timestamp> resumed;
};

// What is older than the gap's end, and nobody knows the end of.
struct Unsettled {
    std::int64_t payments = 0;  // Pending, unknown or closing.
    std::int64_t refunds = 0;
    std::int64_t preauthorisations = 0;
    std::int64_t differences = 0;  // Open ones, whatever they are about.
};

class GuardReading {
public:
    virtual ~GuardReading() = default;

    // Nothing: it is not guarded.
    virtual Result<std::optional<Guard>> find() = 0;
    // Of what was made before `resumed`. Counts rows: for a person's command, not for every minute.
    virtual Result<Unsettled> unsettled(Timestamp resumed) = 0;
};

// The writing half; errors as in Books.
class GuardBooks {
public:
    virtual ~GuardBooks() = default;

    // Begins it; of two, the earlier one counts. Nobody has resumed it yet.
    virtual Result<Done> begin(Timestamp since) = 0;
    // A gateway begins on it; the first one counts.
    virtual Result<Done> resume(Timestamp now) = 0;
    virtual Result<Done> end() = 0;
    // Payments, refunds and pre-authorisations that nobody knows the end of are due at `now` if
    // they were due later.
    virtual Result<Done> hurry_unsettled(Timestamp now) = 0;
};

}  // namespace tollgate::ledger
