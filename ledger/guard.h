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
};

// What nobody knows the end of yet.
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
    // Counts rows: for a person's command, not for every minute.
    virtual Result<Unsettled> unsettled() = 0;
};

// The writing half; errors as in Books.
class GuardBooks {
public:
    virtual ~GuardBooks() = default;

    // Begins it; of two, the earlier one counts.
    virtual Result<Done> begin(const Guard& guard) = 0;
    virtual Result<Done> end() = 0;
    // Payments, refunds and pre-authorisations that nobody knows the end of are due at `now` if
    // they were due later.
    virtual Result<Done> hurry_unsettled(Timestamp now) = 0;
};

}  // namespace tollgate::ledger
