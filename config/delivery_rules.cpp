#include "config/delivery_rules.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace tollgate::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t kSecondsADay = 86'400;
constexpr std::size_t kSuccessBodyBytesMax = 200;

void read_schedule(Section& section, std::vector<milliseconds>& waits) {
    if (!section.has("schedule")) return;
    if (section.holds_list("schedule")) {
        section.may_have_seconds_list("schedule", waits);
        if (waits.empty()) section.problem_at("schedule", "at least one wait is needed");
        return;
    }
    std::string preset;
    section.may_have_choice("schedule", preset, {"standard", "alipay"});
    if (preset == "standard") waits = DeliveryRules::standard_schedule();
    if (preset == "alipay") waits = DeliveryRules::alipay_schedule();
}

}  // namespace

std::vector<milliseconds> DeliveryRules::standard_schedule() {
    return {seconds(5), minutes(5), minutes(30), hours(2), hours(5),
            hours(10),  hours(14),  hours(20),   hours(24)};
}

std::vector<milliseconds> DeliveryRules::alipay_schedule() {
    return {minutes(4), minutes(10), minutes(10), hours(1), hours(2), hours(6), hours(15)};
}

void read_common_rules(Section& section, DeliveryRules& into) {
    read_schedule(section, into.waits);
    section.may_have_seconds("timeout_seconds", into.timeout, 1, 30);
    section.may_have_integer("drain_per_second", into.drain_per_second, 1, 100'000);
    section.may_have_bool("ordered", into.ordered);
    section.may_have_any_text("success_body", into.success_body);
    if (into.success_body.size() > kSuccessBodyBytesMax) {
        section.problem_at("success_body", "at most 200 bytes");
    }
    std::int64_t park_hours = std::chrono::duration_cast<hours>(into.park_after).count();
    section.may_have_integer("park_after_hours", park_hours, 0, 24 * 365);
    into.park_after = hours(park_hours);
}

void read_delivery_rules(Section& section, DeliveryRules& into) {
    read_common_rules(section, into);
    section.may_have_integer("in_flight_max", into.in_flight_max, 1, 256);
}

bool is_event_pattern(std::string_view text) {
    const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const std::size_t dot = text.find('.');
    if (dot == 0 || dot == std::string_view::npos) return false;
    const std::string_view rest = text.substr(dot + 1);
    return std::ranges::all_of(text.substr(0, dot), is_name) &&
           (rest == "*" || (!rest.empty() && std::ranges::all_of(rest, is_name)));
}

nlohmann::json to_json(const DeliveryRules& rules) {
    nlohmann::json schedule = nlohmann::json::array();
    for (const milliseconds wait : rules.waits) {
        schedule.push_back(std::chrono::duration_cast<seconds>(wait).count());
    }
    return {{"schedule", schedule},
            {"timeout_seconds", std::chrono::duration_cast<seconds>(rules.timeout).count()},
            {"in_flight_max", rules.in_flight_max},
            {"drain_per_second", rules.drain_per_second},
            {"ordered", rules.ordered},
            {"success_body", rules.success_body},
            {"park_after_hours", std::chrono::duration_cast<hours>(rules.park_after).count()}};
}

Result<DeliveryRules> parse_delivery_rules(std::string_view json_text) {
    std::vector<Problem> problems;
    DeliveryRules rules;
    auto json = parse_json(json_text, Comments::refused, problems);
    // Once allowed, and the end of a delivery after its first failure: the default now.
    if (json && json->is_object() &&
        json->value("schedule", nlohmann::json()) == nlohmann::json::array()) {
        json->erase("schedule");
    }
    if (json) {
        Section::Context context{.folder = {}, .problems = problems};
        Section section(*json, "", context);
        read_delivery_rules(section, rules);
        section.finish();
    }
    if (problems.empty()) return rules;
    return Error(ErrorCode::data_corruption, "an endpoint's rules: " + to_text(problems));
}

}  // namespace tollgate::config
