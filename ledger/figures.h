#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace tollgate::ledger {

// How much of what there is in the ledger, for whoever watches it. Each figure is counted up to a
// bound, so that asking never costs more than a moment; a figure that reached it says only "at
// least so many".
struct Figures {
    static constexpr std::int64_t kRowsMax = 10'000;
    static constexpr int kEndpointsMax = 200;
    // Classes of age: below each of these, and older than all.
    static constexpr std::array<std::chrono::minutes, 3> kAges = {
        std::chrono::minutes(5), std::chrono::minutes(60), std::chrono::minutes(24 * 60)};

    struct Counted {
        std::int64_t count = 0;
        std::optional<Timestamp> oldest;  // Nothing when there are none.
    };
    struct OfStatus {
        std::string status;
        std::size_t age = 0;  // A class of age.
        Counted counted;
    };
    struct OfEndpoint {
        std::string endpoint;
        Counted waiting;            // Deliveries that were not tried yet, and since when.
        std::int64_t retrying = 0;  // Those that were.
    };
    struct OfSecret {
        std::string endpoint;
        Timestamp until;  // The last one to end of those that have been rotated out.
    };
    struct OfClass {
        std::string difference_class;
        Counted counted;
    };

    // Payments of which money may still be expected, by status and age. One that is held is none:
    // its difference is open.
    std::vector<OfStatus> unfinished_payments;
    bool all_payments_seen = true;  // The bound was not reached.
    // Those whose money is still on its way, by status; age is 0.
    std::vector<OfStatus> unfinished_refunds;
    std::vector<OfStatus> unfinished_preauths;
    // What somebody should have asked Alipay about by now, and since when.
    Counted due_payments;
    Counted due_refunds;
    Counted due_preauths;
    Counted unpublished_events;  // Not yet given to any endpoint.
    std::vector<OfEndpoint> outbox;
    std::vector<OfSecret> ending_secrets;
    std::vector<OfClass> open_differences;  // Of the newest kRowsMax differences.
};

// For the engines: takes those that wait for money out of all that were looked at.
void keep_unfinished(Figures& figures, std::vector<Figures::OfStatus> looked_at,
                     std::int64_t rows_max);

}  // namespace tollgate::ledger
