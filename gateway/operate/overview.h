#pragma once

#include <chrono>
#include <string>

#include "callbacks/app.h"
#include "gateway/operate/door.h"
#include "gateway/operate/tallies.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// What the overview says besides the ledger's numbers.
struct OverviewFacts {
    std::string engine;       // sqlite, postgres
    std::string sandbox_url;  // Empty: none.
};

// GET /console/api/overview: whether money is moving, at a glance. Made at the desk, at most once
// in kKept, from a bounded number of rows.
class Overview {
public:
    Overview(const ConsoleParts& parts, const callbacks::Apps& apps, OverviewFacts facts)
        : parts_(parts), apps_(apps), facts_(std::move(facts)), tallies_(parts.api.clock) {}

    void add_routes(transport::Router& router);

    static constexpr std::chrono::seconds kKept{5};

private:
    transport::ServerResponse answer(const std::string& request_id);
    Result<std::string> make(ledger::Reading& reading);

    const ConsoleParts parts_;
    const callbacks::Apps& apps_;
    const OverviewFacts facts_;
    // The desk's alone:
    Tallies tallies_;
    std::string kept_;
    std::chrono::nanoseconds kept_until_{};
};

// "98.7" percent of what has ended, cut off; "null" while nothing has.
std::string success_rate(const ledger::PaymentTally& tally);
// {"p50":…,"p95":…} in milliseconds, each null without samples.
std::string percentiles_json(std::vector<std::int64_t> samples);

}  // namespace tollgate::gateway::operate
