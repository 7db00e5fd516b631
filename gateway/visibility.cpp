#include "gateway/visibility.h"

#include <algorithm>

namespace tollgate::gateway {

Result<std::optional<ledger::EventView>> find_event(ledger::Reading& reading, const Caller& caller,
                                                    std::string_view id) {
    TOLLGATE_TRY(auto event, reading.outbox().event(id));
    if (event && !caller.may_see(event->app)) event.reset();
    return event;
}

Result<std::optional<ledger::Endpoint>> find_endpoint(ledger::Reading& reading,
                                                      const Caller& caller, std::string_view id) {
    TOLLGATE_TRY(auto endpoint, reading.outbox().endpoint(id));
    const bool present = endpoint && endpoint->status != ledger::EndpointStatus::removed;
    if (!present || !may_see(caller, endpoint->plan)) endpoint.reset();
    return endpoint;
}

bool may_see(const Caller& caller, const ledger::EndpointPlan& plan) {
    if (plan.apps.empty()) return !caller.apps.empty();
    return std::ranges::any_of(plan.apps,
                               [&](const std::string& app) { return caller.may_see(app); });
}

bool serves_others(const Caller& caller, const ledger::EndpointPlan& plan,
                   const std::vector<std::string>& all_apps) {
    return std::ranges::any_of(plan.apps.empty() ? all_apps : plan.apps,
                               [&](const std::string& app) { return !caller.may_see(app); });
}

std::vector<std::string> apps_of(const Caller& caller) {
    return {caller.apps.begin(), caller.apps.end()};
}

ApiProblem no_such_event() {
    return {.status = 404, .code = "event_not_found", .title = "There is no such event"};
}

ApiProblem no_such_endpoint() {
    return {.status = 404, .code = "endpoint_not_found", .title = "There is no such endpoint"};
}

}  // namespace tollgate::gateway
