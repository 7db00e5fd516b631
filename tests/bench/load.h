#pragma once

#include <functional>
#include <string>
#include <vector>

#include "transport/curl_client.h"

namespace tollgate::bench {

// An open-loop load: requests start when the clock says so, however slow the answers are, and each
// latency counts from the moment the request was due.
struct Load {
    std::string url;
    int per_second = 0;
    int seconds = 0;
    std::function<std::string(int)> body;  // Of the n-th request.
    std::string expected;                  // The answer's body.
};

struct Measured {
    int sent = 0;
    int as_expected = 0;
    int otherwise = 0;
    std::vector<long> latencies_us;  // Sorted, of those answered as expected.

    long percentile_us(int percent_times_10) const;
};

// Runs it on this thread, over kept connections.
Measured run_load(const Load& load);

}  // namespace tollgate::bench
