#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "gateway/callers.h"
#include "gateway/problem.h"
#include "ledger/books.h"

namespace tollgate::gateway {

// What of the outbox a caller may see: the events of his apps, and the endpoints that get any of
// them. Everything else looks just like nothing at all.

// Errors (both): those of Reading.
Result<std::optional<ledger::EventView>> find_event(ledger::Reading& reading, const Caller& caller,
                                                    std::string_view id);
// Removed ones are not found.
Result<std::optional<ledger::Endpoint>> find_endpoint(ledger::Reading& reading,
                                                      const Caller& caller, std::string_view id);

bool may_see(const Caller& caller, const ledger::EndpointPlan& plan);
// It also serves apps that are not his. `all_apps`: all there are, which a plan without any means.
bool serves_others(const Caller& caller, const ledger::EndpointPlan& plan,
                   const std::vector<std::string>& all_apps);

std::vector<std::string> apps_of(const Caller& caller);

ApiProblem no_such_event();
ApiProblem no_such_endpoint();

}  // namespace tollgate::gateway
