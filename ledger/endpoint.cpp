#include "ledger/endpoint.h"

#include <algorithm>

#include "base/check.h"

namespace tollgate::ledger {

std::string_view name_of(EndpointStatus status) {
    switch (status) {
        case EndpointStatus::enabled: return "enabled";
        case EndpointStatus::parked: return "parked";
        case EndpointStatus::removed: return "removed";
    }
    TOLLGATE_CHECK(false);
}

std::string_view name_of(EndpointOrigin origin) {
    switch (origin) {
        case EndpointOrigin::config: return "config";
        case EndpointOrigin::api: return "api";
    }
    TOLLGATE_CHECK(false);
}

bool type_matches(std::string_view pattern, std::string_view type) {
    if (pattern.ends_with(".*")) return type.starts_with(pattern.substr(0, pattern.size() - 1));
    return pattern == type;
}

bool wants(const EndpointPlan& plan, std::string_view app, std::string_view type) {
    const bool app_fits = plan.apps.empty() || std::ranges::find(plan.apps, app) != plan.apps.end();
    return app_fits && (plan.event_types.empty() ||
                        std::ranges::any_of(plan.event_types, [type](const std::string& pattern) {
                            return type_matches(pattern, type);
                        }));
}

bool wants_all(const EndpointPlan& plan, std::string_view app,
               const std::vector<std::string>& patterns) {
    if (patterns.empty()) return plan.event_types.empty() && wants(plan, app, "");
    return std::ranges::all_of(
        patterns, [&](const std::string& pattern) { return wants(plan, app, pattern); });
}

}  // namespace tollgate::ledger
