#pragma once

#include <string>
#include <vector>

#include "callbacks/target.h"
#include "gateway/callers.h"
#include "gateway/event_json.h"
#include "ledger/books.h"

namespace tollgate::gateway {

// What an endpoint's answer rests on besides its row.
struct EndpointLook {
    const Caller& caller;
    const std::vector<std::string>& all_apps;
    const callbacks::EndpointKeys& configured;  // The settings' keys.
    Timestamp now;
};

// The endpoint as its owner may see it: plan, rules, status, health in words, load, and how it
// signs; never a secret. Errors: those of Reading, data_corruption.
Result<AnswerJson> endpoint_json(ledger::Reading& reading, const ledger::Endpoint& endpoint,
                                 const EndpointLook& look);

// "v1" (shared secrets) or "v1a" (Ed25519), by the current secret's prefix.
std::string_view scheme_of(std::string_view secret);

}  // namespace tollgate::gateway
