#include "callbacks/target.h"

namespace tollgate::callbacks {

std::shared_ptr<const Target> make_target(ledger::Endpoint endpoint,
                                          const std::vector<ledger::EndpointSecret>& secrets,
                                          const EndpointKeys& configured) {
    auto target = std::make_shared<Target>();
    target->endpoint = std::move(endpoint);
    auto rules = config::parse_delivery_rules(target->endpoint.plan.rules);
    if (rules) {
        target->rules = *std::move(rules);
    } else {
        target->problem = rules.error().message();
    }
    if (target->endpoint.origin == ledger::EndpointOrigin::config) {
        const auto keys = configured.find(target->endpoint.id);
        if (keys == configured.end()) return target;
        for (const auto& key : keys->second) target->keys.push_back({.key = key});
        return target;
    }
    for (const ledger::EndpointSecret& secret : secrets) {
        auto key = signing::WebhookKey::parse(secret.secret.reveal());
        if (key) {
            target->keys.push_back({.key = *std::move(key), .expires_at = secret.expires_at});
        } else {
            target->problem = key.error().message();
        }
    }
    return target;
}

}  // namespace tollgate::callbacks
