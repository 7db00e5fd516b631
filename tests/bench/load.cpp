#include "tests/bench/load.h"

#include <algorithm>

#include "base/clock.h"

namespace tollgate::bench {

using std::chrono::microseconds;
using std::chrono::milliseconds;

long Measured::percentile_us(int percent_times_10) const {
    if (latencies_us.empty()) return 0;
    const auto at = latencies_us.size() * static_cast<std::size_t>(percent_times_10) / 1000;
    return latencies_us[std::min(at, latencies_us.size() - 1)];
}

Measured run_load(const Load& load) {
    transport::CurlClient client({.in_flight_max = 64});
    Measured measured;
    const auto now_us = [start = system_clock().monotonic()] {
        return std::chrono::duration_cast<microseconds>(system_clock().monotonic() - start).count();
    };
    const int total = load.per_second * load.seconds;
    int finished = 0;
    while (finished < total) {
        const long due = std::min<long>(total, now_us() * load.per_second / 1'000'000);
        for (; measured.sent < due; ++measured.sent) {
            const long due_us = static_cast<long>(measured.sent) * 1'000'000 / load.per_second;
            transport::ClientRequest request{
                .url = load.url,
                .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                .body = load.body(measured.sent)};
            request.fresh_connection = false;
            client.start(std::move(request), [&, due_us](Result<transport::ClientReply> reply) {
                ++finished;
                const bool right = reply && reply->body == load.expected;
                ++(right ? measured.as_expected : measured.otherwise);
                if (right) measured.latencies_us.push_back(now_us() - due_us);
            });
        }
        client.run_once(milliseconds(1));
    }
    std::ranges::sort(measured.latencies_us);
    return measured;
}

}  // namespace tollgate::bench
