#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/json_reader.h"

namespace tollgate::config {

// How events are delivered to one endpoint. The settings' section `deliveries` holds the defaults;
// an endpoint, configured or made through the API, may say otherwise.
struct DeliveryRules {
    // waits[n] is the pause after the (n + 1)-th failed attempt; its size bounds the retries.
    std::vector<std::chrono::milliseconds> waits = standard_schedule();
    std::chrono::milliseconds timeout{15'000};  // Of one attempt, in all.
    std::int64_t in_flight_max = 16;            // At this endpoint at a time.
    std::int64_t drain_per_second = 100;        // Of what piled up or failed before.
    bool ordered = false;                       // At most one in flight for each payment, in order.
    std::string success_body;  // Empty: the status decides. Else the answer's text.
    std::chrono::milliseconds park_after{std::chrono::hours(120)};  // Of failures alone; 0: never.

    // Standard Webhooks' ten attempts in 75 h 35 min.
    static std::vector<std::chrono::milliseconds> standard_schedule();
    // Alipay's own: eight attempts in 24 h 24 min.
    static std::vector<std::chrono::milliseconds> alipay_schedule();

    friend bool operator==(const DeliveryRules&, const DeliveryRules&) = default;
};

// Reads "schedule" ("standard", "alipay" or a list of seconds), "timeout_seconds", "in_flight_max",
// "drain_per_second", "ordered", "success_body" and "park_after_hours" where they stand; the rest
// stays as it is in `into`. The caller finishes the section.
void read_delivery_rules(Section& section, DeliveryRules& into);

// The same without "in_flight_max", which means another thing among the defaults.
void read_common_rules(Section& section, DeliveryRules& into);

// "payment.paid", "refund.*".
bool is_event_pattern(std::string_view text);

// All of them, under the names that read_delivery_rules() takes.
nlohmann::json to_json(const DeliveryRules& rules);

// What the ledger keeps of an endpoint's rules. Members that are missing have their defaults.
// Errors: data_corruption.
Result<DeliveryRules> parse_delivery_rules(std::string_view json_text);

}  // namespace tollgate::config
