#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/faults.h"

namespace tollgate::simulation {

enum class Keys { fast, rsa };

struct RunOptions {
    std::uint64_t seed = 1;
    int orders = 200;
    Keys keys = Keys::fast;
    bool trace = false;
    // Instead of what the seed draws: no fault but one death, at this touch of whatever kind.
    std::int64_t dies_at = 0;
    // Or no fault but this many disk operations in a row that fail, from the nth on.
    std::int64_t disk_fails_at = 0;
    int disk_fails_times = 1;
};

struct RunReport {
    std::vector<std::string> violations;
    std::uint64_t trace_hash = 0;
    std::uint64_t steps = 0;
    std::int64_t virtual_ms = 0;
    int deaths = 0;
    int starts_failed = 0;
    int paid = 0;
    int refunds = 0;
    int differences = 0;
    std::uint64_t successes = 0;
    std::uint64_t events = 0;
    std::uint64_t disk_failures = 0;
    std::uint64_t disk_touches = 0;  // Writes and syncs.
    std::string faults;
    bool death_came = false;  // With dies_at: there was such a touch.
};

// One run: everything about it follows from the options.
RunReport simulate(const RunOptions& options);

}  // namespace tollgate::simulation
