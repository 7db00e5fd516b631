#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/delivery_rules.h"
#include "ledger/endpoint.h"
#include "signing/webhook.h"

namespace tollgate::callbacks {

// A key that signs an endpoint's events, perhaps only for a while yet.
struct EndpointKey {
    signing::WebhookKey key;
    std::optional<Timestamp> expires_at;
};

// The keys of the endpoints that the settings name, by their ids.
using EndpointKeys = std::map<std::string, std::vector<signing::WebhookKey>, std::less<>>;

// An endpoint as deliveries need it. Immutable: a change of the endpoint makes a new one.
struct Target {
    ledger::Endpoint endpoint;
    config::DeliveryRules rules;
    std::vector<EndpointKey> keys;
    std::string problem;  // What of it cannot be used, in words; empty: nothing.

    bool is_enabled() const { return endpoint.status == ledger::EndpointStatus::enabled; }
};

// Rules that cannot be read become the defaults, and keys that cannot be read are left out; both
// are named in `problem`. The secrets are those of an endpoint that was made through the API.
std::shared_ptr<const Target> make_target(ledger::Endpoint endpoint,
                                          const std::vector<ledger::EndpointSecret>& secrets,
                                          const EndpointKeys& configured);

// All endpoints by their rows, removed ones included.
using Directory = std::map<ledger::RowId, std::shared_ptr<const Target>>;

}  // namespace tollgate::callbacks
