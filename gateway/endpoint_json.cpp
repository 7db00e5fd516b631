#include "gateway/endpoint_json.h"

#include <algorithm>

#include "base/time_text.h"
#include "config/delivery_rules.h"
#include "gateway/visibility.h"
#include "signing/webhook.h"

namespace tollgate::gateway {
namespace {

AnswerJson health_json(const ledger::EndpointHealth& health, Timestamp now) {
    std::string_view breaker = "closed";
    // Once the pause is over, the next delivery goes out as a probe.
    if (health.open_until) breaker = *health.open_until > now ? "open" : "probing";
    return {{"breaker", breaker},
            {"failing_since", time_json(health.failing_since)},
            {"open_until", time_json(health.open_until)},
            {"openings", health.openings}};
}

AnswerJson load_json(const ledger::EndpointLoad& load) {
    return {{"pending", load.pending},
            {"oldest_pending_at", time_json(load.oldest_pending_at)},
            {"given_up", load.given_up}};
}

// Of configured ones the secrets are files, whose age is nobody's business here.
AnswerJson configured_signature(const std::vector<signing::WebhookKey>& keys) {
    AnswerJson list = AnswerJson::array();
    for (const auto& key : keys) {
        const auto public_key = key.public_key();
        list.push_back({{"scheme", public_key ? "v1a" : "v1"}});
        if (public_key) list.back()["public_key"] = *public_key;
    }
    return list;
}

AnswerJson made_signature(const std::vector<ledger::EndpointSecret>& secrets) {
    AnswerJson list = AnswerJson::array();
    for (const auto& secret : secrets) {
        list.push_back({{"scheme", scheme_of(secret.secret.reveal())},
                        {"created_at", to_rfc3339(secret.created_at)},
                        {"expires_at", time_json(secret.expires_at)}});
        const auto key = signing::WebhookKey::parse(secret.secret.reveal());
        const auto public_key = key ? key->public_key() : std::nullopt;
        if (public_key) list.back()["public_key"] = *public_key;
    }
    return list;
}

Result<AnswerJson> signature_json(ledger::Reading& reading, const ledger::Endpoint& endpoint,
                                  const EndpointLook& look) {
    if (endpoint.origin == ledger::EndpointOrigin::config) {
        const auto found = look.configured.find(endpoint.id);
        if (found == look.configured.end()) return AnswerJson::array();
        return configured_signature(found->second);
    }
    TOLLGATE_TRY(const auto secrets, reading.outbox().secrets_of(endpoint, look.now));
    return made_signature(secrets);
}

// Of an endpoint that serves others too, only the caller's own apps.
AnswerJson apps_json(const ledger::Endpoint& endpoint, const Caller& caller) {
    AnswerJson apps = AnswerJson::array();
    for (const auto& app : endpoint.plan.apps) {
        if (caller.may_see(app)) apps.push_back(app);
    }
    return apps;
}

}  // namespace

std::string_view scheme_of(std::string_view secret) {
    return secret.starts_with("whsk_") ? "v1a" : "v1";
}

Result<AnswerJson> endpoint_json(ledger::Reading& reading, const ledger::Endpoint& endpoint,
                                 const EndpointLook& look) {
    TOLLGATE_TRY(const auto rules, config::parse_delivery_rules(endpoint.plan.rules));
    TOLLGATE_TRY(const auto load, reading.outbox().load_of(endpoint));
    TOLLGATE_TRY(auto signature, signature_json(reading, endpoint, look));
    AnswerJson json = {
        {"id", endpoint.id},
        {"origin", name_of(endpoint.origin)},
        {"url", endpoint.plan.url},
        {"description", endpoint.plan.description},
        {"apps", apps_json(endpoint, look.caller)},
        {"serves_other_apps", serves_others(look.caller, endpoint.plan, look.all_apps)},
        {"event_types", endpoint.plan.event_types},
        {"status", name_of(endpoint.status)},
        {"parked_reason", nullptr},
        {"parked_at", time_json(endpoint.parked_at)},
        {"health", health_json(endpoint.health, look.now)},
        {"load", load_json(load)},
        {"rules", AnswerJson(config::to_json(rules))},
        {"signatures", std::move(signature)},
        {"created_at", to_rfc3339(endpoint.created_at)},
        {"updated_at", to_rfc3339(endpoint.updated_at)}};
    if (endpoint.parked_reason) json["parked_reason"] = *endpoint.parked_reason;
    return json;
}

}  // namespace tollgate::gateway
