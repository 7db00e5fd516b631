#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "ledger/lookup.h"

namespace tollgate::gateway::operate {

// How much happened in each minute of today, and of the last hour. A minute that is over is counted
// once; what is not counted yet is counted a bit at a time. One thread.
class Tallies {
public:
    explicit Tallies(Clock& clock) : clock_(clock) {}

    // Counts for a moment, the latest minutes first. Errors: those of Reading.
    Result<Done> refresh(ledger::LookupReading& lookup);

    struct Minute {
        Timestamp at;
        std::optional<ledger::PaymentTally> tally;  // Absent: not counted yet.
    };
    // The last 60, the oldest first.
    std::vector<Minute> last_hour() const;

    struct Day {
        ledger::PaymentTally tally;
        bool complete = true;  // False: there is still something to count.
    };
    Day today() const;

    static constexpr int kMinutes = 60;
    static constexpr std::chrono::milliseconds kMoment{150};

private:
    struct Counted {
        ledger::PaymentTally tally;
        bool is_final = false;
    };

    Clock& clock_;
    Timestamp now_;                            // Of the last refresh.
    std::map<std::int64_t, Counted> minutes_;  // By the minute's number since 1970.
};

}  // namespace tollgate::gateway::operate
