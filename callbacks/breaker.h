#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "ledger/endpoint.h"

namespace tollgate::callbacks {

// When an endpoint counts as down. Down, nothing is sent but one probe at a time, so that what
// waits for it keeps its budget.
struct BreakerRules {
    int failures_in_a_row = 5;
    int failed_percent = 70;  // Of at least `sample_min` attempts within the window.
    int sample_min = 10;
    std::chrono::minutes window{5};
    std::chrono::milliseconds first_pause{30'000};  // Before the first probe; then twice as long …
    std::chrono::milliseconds pause_max{600'000};   // … up to this, and up to a fifth more.
};

// One endpoint's breaker: closed, open until a time, then open for one probe. What must outlive the
// process is EndpointHealth. Pure but for its own members; one thread.
class Breaker {
public:
    Breaker(BreakerRules rules, ledger::EndpointHealth health) : rules_(rules), health_(health) {}

    const ledger::EndpointHealth& health() const { return health_; }
    // As another process, or an operator, has left it.
    void take_over(const ledger::EndpointHealth& health) { health_ = health; }

    bool is_open() const { return health_.open_until.has_value(); }
    bool may_probe(Timestamp now) const { return is_open() && *health_.open_until <= now; }

    // True when this closed it: the outage is over.
    bool succeeded(Timestamp now);
    void failed(Timestamp now, Random& random);
    // Opens it for the longest pause: for an endpoint that asked for nothing more, but must not be
    // parked.
    void open_wide(Timestamp now);

private:
    struct Minute {
        std::int64_t number = -1;
        int attempts = 0;
        int failures = 0;
    };

    Minute& minute_of(Timestamp now);
    bool too_many_failures(Timestamp now);
    void open(Timestamp now, Random& random);

    const BreakerRules rules_;
    ledger::EndpointHealth health_;
    int in_a_row_ = 0;
    std::array<Minute, 16> minutes_{};  // A ring; windows up to its size.
};

}  // namespace tollgate::callbacks
