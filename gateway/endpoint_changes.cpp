#include "gateway/endpoint_changes.h"

#include <algorithm>

#include "base/id.h"
#include "callbacks/event.h"
#include "gateway/answers.h"
#include "gateway/endpoint_json.h"
#include "gateway/example_events.h"
#include "gateway/visibility.h"
#include "signing/webhook.h"

namespace tollgate::gateway {
namespace {

using transport::ServerResponse;

constexpr std::int64_t kOverlapDefault = 86'400;
constexpr std::int64_t kOverlapMax = 604'800;

ApiProblem id_taken() {
    return {.status = 409,
            .code = "endpoint_id_taken",
            .title = "Another endpoint has, or had, this id: choose another"};
}

// A fresh secret and what the owner must be told of it; of an Ed25519 key, nothing is secret that
// he needs.
struct Fresh {
    Secret secret;
    std::string shown;
};

Fresh make_secret(std::string_view scheme, Entropy& entropy) {
    if (scheme == "v1a")
        return {.secret = signing::make_webhook_key_pair(entropy).private_key, .shown = ""};
    auto secret = signing::make_webhook_secret(entropy);
    std::string shown(secret.reveal());
    return {.secret = std::move(secret), .shown = std::move(shown)};
}

// What a repeat under a key gets: a secret is kept in one place only.
std::string without_secret(const std::string& body) {
    AnswerJson json = AnswerJson::parse(body);
    json.erase("secret");
    return to_text(json);
}

}  // namespace

struct EndpointChanges::New {
    const Caller& caller;
    EndpointWishes wishes;
    KeyedRequest keyed;
    ledger::Endpoint endpoint;
};

void EndpointChanges::log_change(const char* event, const Caller& caller,
                                 std::string_view endpoint_id, std::string_view request_id) const {
    seams_.log.info(
        event, {{"request_id", request_id}, {"caller", caller.id}, {"endpoint_id", endpoint_id}});
}

Result<ServerResponse> EndpointChanges::answer(ledger::Books& books, int status,
                                               const Caller& caller,
                                               const ledger::Endpoint& endpoint, Timestamp now,
                                               std::string_view secret) const {
    TOLLGATE_TRY(auto json, endpoint_json(books.read(), endpoint,
                                          {.caller = caller,
                                           .all_apps = settings_.apps,
                                           .configured = settings_.configured,
                                           .now = now}));
    if (!secret.empty()) json["secret"] = std::string(secret);
    return json_response(status, to_text(json));
}

// --- making --------------------------------------------------------------------------------------

void EndpointChanges::make(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    const Timestamp now = seams_.clock.now();
    New wanted{.caller = caller,
               .wishes = read_endpoint_body(EndpointBody::make, request.body, caller,
                                            settings_.doors, problems),
               .keyed = {.caller = caller.id, .key = {}, .fingerprint = "", .now = now},
               .endpoint = {}};
    wanted.keyed.key = take_idempotency_key(request, problems);
    // An endpoint without apps would be one for all of them.
    if (caller.apps.empty()) problems.push_back({.where = "/apps", .what = "you have no app"});
    if (refused(problems, ticket)) return;
    wanted.keyed.fingerprint = wanted.wishes.fingerprint;
    std::string id = wanted.wishes.id.value_or(make_id("ep", now, seams_.entropy));
    std::ranges::replace(id, '_', '-');
    wanted.endpoint.id = id;
    wanted.endpoint.origin = ledger::EndpointOrigin::api;
    wanted.endpoint.created_at = now;
    wanted.endpoint.plan.apps = apps_of(caller);
    answer_after_commit(
        seams_, request.request_id, std::move(ticket),
        [this, wanted = std::move(wanted)](ledger::Books& books) {
            return add_in_books(books, wanted);
        },
        [this, &caller, id, request_id = request.request_id] {
            log_change("endpoint.made", caller, id, request_id);
            seams_.on_change();
        });
}

Result<ServerResponse> EndpointChanges::add_in_books(ledger::Books& books,
                                                     const New& wanted) const {
    TOLLGATE_TRY(const auto met, meet_key(books.read(), wanted.keyed));
    if (met) return to_response(*met);
    TOLLGATE_TRY(const auto present, books.read().outbox().endpoints());
    if (present.size() >= kEndpointsMax) {
        return to_response(ApiProblem{.status = 409,
                                      .code = "too_many_endpoints",
                                      .title = "There are 500 endpoints: remove one first"});
    }
    auto endpoint = wanted.endpoint;
    TOLLGATE_TRY(endpoint.plan, changed_plan(endpoint.plan, wanted.wishes));
    const Timestamp now = wanted.keyed.now;
    const auto added = books.outbox().add_endpoint(endpoint);
    if (!added && added.error().code() == ErrorCode::conflict) return to_response(id_taken());
    TOLLGATE_DO(added);
    const auto fresh = make_secret(wanted.wishes.signature.value_or("v1"), seams_.entropy);
    TOLLGATE_DO(books.outbox().add_secret(endpoint, fresh.secret, std::nullopt, now));
    // A repeat under the key gets it without the secret, which is kept in one place only.
    TOLLGATE_TRY(const auto kept, answer(books, 201, wanted.caller, endpoint, now));
    TOLLGATE_DO(store_under_key(books, wanted.keyed, 201, kept.body));
    TOLLGATE_TRY(auto response, answer(books, 201, wanted.caller, endpoint, now, fresh.shown));
    response.headers.emplace_back("Location", "/v1/endpoints/" + endpoint.id);
    return response;
}

// --- changing ------------------------------------------------------------------------------------

Result<std::optional<ApiProblem>> EndpointChanges::refusal(const Caller& caller,
                                                           const ledger::Endpoint& endpoint,
                                                           Reach reach) const {
    if (serves_others(caller, endpoint.plan, settings_.apps)) {
        return std::optional(ApiProblem{
            .status = 403,
            .code = "endpoint_shared",
            .title = "The endpoint also serves apps that are not yours: its owner must do this"});
    }
    if (reach == Reach::made_ones && endpoint.origin == ledger::EndpointOrigin::config) {
        return std::optional(ApiProblem{
            .status = 409,
            .code = "configured_elsewhere",
            .title = "The endpoint stands in the settings: change it there and restart"});
    }
    return std::optional<ApiProblem>();
}

template <typename Act>
void EndpointChanges::change_endpoint(const Caller& caller, const Request& request, Ticket ticket,
                                      Reach reach, const char* log_event, Act act,
                                      std::optional<std::string> key) {
    const std::string id = request.captures.at(0);
    const KeyedRequest keyed =
        keyed_by_body(caller.id, std::move(key), request, seams_.clock.now());
    answer_after_commit(
        seams_, request.request_id, std::move(ticket),
        [this, &caller, id, reach, keyed,
         act = std::move(act)](ledger::Books& books) -> Result<ServerResponse> {
            TOLLGATE_TRY(const auto met, meet_key(books.read(), keyed));
            if (met) return to_response(*met);
            TOLLGATE_TRY(auto endpoint, find_endpoint(books.read(), caller, id));
            if (!endpoint) return to_response(no_such_endpoint());
            TOLLGATE_TRY(const auto problem, refusal(caller, *endpoint, reach));
            if (problem) return to_response(*problem);
            TOLLGATE_TRY(auto response, act(books, *endpoint));
            if (keyed.key && response.status < 300) {
                TOLLGATE_DO(
                    store_under_key(books, keyed, response.status, without_secret(response.body)));
            }
            return response;
        },
        [this, &caller, id, log_event, request_id = request.request_id] {
            log_change(log_event, caller, id, request_id);
            seams_.on_change();
        });
}

void EndpointChanges::change(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    auto wishes =
        read_endpoint_body(EndpointBody::change, request.body, caller, settings_.doors, problems);
    if (refused(problems, ticket)) return;
    const Timestamp now = seams_.clock.now();
    change_endpoint(
        caller, request, std::move(ticket), Reach::made_ones, "endpoint.changed",
        [this, &caller, wishes = std::move(wishes), now](
            ledger::Books& books, ledger::Endpoint& endpoint) -> Result<ServerResponse> {
            TOLLGATE_TRY(const auto plan, changed_plan(endpoint.plan, wishes));
            TOLLGATE_DO(books.outbox().set_plan(endpoint, plan, now));
            return answer(books, 200, caller, endpoint, now);
        });
}

void EndpointChanges::remove(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    read_empty_body(request.body, problems);
    if (refused(problems, ticket)) return;
    const Timestamp now = seams_.clock.now();
    change_endpoint(
        caller, request, std::move(ticket), Reach::made_ones, "endpoint.removed",
        [now](ledger::Books& books, ledger::Endpoint& endpoint) -> Result<ServerResponse> {
            TOLLGATE_DO(books.outbox().remove(endpoint, now));
            return ServerResponse{.status = 204};
        });
}

void EndpointChanges::rotate(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    std::int64_t overlap = kOverlapDefault;
    read_body(request.body, problems, [&](config::Section& section) {
        section.may_have_integer("overlap_seconds", overlap, 0, kOverlapMax);
    });
    auto key = take_idempotency_key(request, problems);
    if (refused(problems, ticket)) return;
    const Timestamp now = seams_.clock.now();
    change_endpoint(
        caller, request, std::move(ticket), Reach::made_ones, "endpoint.rotated",
        [this, &caller, overlap, now](ledger::Books& books, ledger::Endpoint& endpoint) {
            return rotate_in_books(books, caller, endpoint, std::chrono::seconds(overlap), now);
        },
        std::move(key));
}

Result<ServerResponse> EndpointChanges::rotate_in_books(ledger::Books& books, const Caller& caller,
                                                        ledger::Endpoint& endpoint,
                                                        std::chrono::seconds overlap,
                                                        Timestamp now) const {
    TOLLGATE_TRY(const auto secrets, books.read().outbox().secrets_of(endpoint, now));
    if (overlap.count() > 0 && secrets.size() >= kSecretsMax) {
        return to_response(
            ApiProblem{.status = 409,
                       .code = "too_many_secrets",
                       .title = "Ten secrets sign already: wait until one expires, or rotate with "
                                "overlap_seconds 0"});
    }
    const auto scheme = secrets.empty() ? "v1" : scheme_of(secrets.front().secret.reveal());
    const auto fresh = make_secret(scheme, seams_.entropy);
    TOLLGATE_DO(books.outbox().add_secret(endpoint, fresh.secret, now + overlap, now));
    return answer(books, 200, caller, endpoint, now, fresh.shown);
}

void EndpointChanges::enable(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    read_empty_body(request.body, problems);
    if (refused(problems, ticket)) return;
    const Timestamp now = seams_.clock.now();
    change_endpoint(
        caller, request, std::move(ticket), Reach::all, "endpoint.enabled",
        [this, &caller, now](ledger::Books& books,
                             ledger::Endpoint& endpoint) -> Result<ServerResponse> {
            if (endpoint.parked_reason == "not_in_settings") {
                return to_response(ApiProblem{.status = 409,
                                              .code = "configured_elsewhere",
                                              .title = "The settings no longer name the endpoint, "
                                                       "so it has no secrets: add it there again"});
            }
            TOLLGATE_DO(books.outbox().enable(endpoint, now));
            return answer(books, 200, caller, endpoint, now);
        });
}

void EndpointChanges::park(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    read_empty_body(request.body, problems);
    if (refused(problems, ticket)) return;
    const Timestamp now = seams_.clock.now();
    change_endpoint(caller, request, std::move(ticket), Reach::all, "endpoint.parked",
                    [this, &caller, now](ledger::Books& books,
                                         ledger::Endpoint& endpoint) -> Result<ServerResponse> {
                        // The first reason is the true one.
                        if (endpoint.status == ledger::EndpointStatus::enabled) {
                            TOLLGATE_DO(books.outbox().park(endpoint, "by_hand", now));
                        }
                        return answer(books, 200, caller, endpoint, now);
                    });
}

void EndpointChanges::test(const Caller& caller, Request& request, Ticket ticket) {
    std::vector<config::Problem> problems;
    const Timestamp now = seams_.clock.now();
    std::string example;
    read_body(request.body, problems, [&](config::Section& section) {
        if (!section.has("type")) return;
        std::string type;
        section.need_text("type", type);
        if (type.empty()) return;
        const auto payload = example_payload(type, now, seams_.entropy);
        if (!payload) section.problem_at("type", "is not a type of event that we send");
        example = payload.value_or("");
    });
    auto key = take_idempotency_key(request, problems);
    if (refused(problems, ticket)) return;
    change_endpoint(
        caller, request, std::move(ticket), Reach::all, "endpoint.tested",
        [this, &caller, example, now](ledger::Books& books,
                                      ledger::Endpoint& endpoint) -> Result<ServerResponse> {
            const auto& apps = endpoint.plan.apps;
            const auto event =
                callbacks::endpoint_test_event(apps.empty() ? *caller.apps.begin() : apps.front(),
                                               endpoint, example, now, seams_.entropy);
            TOLLGATE_DO(books.add_event(event));
            auto response = json_response(202, to_text({{"event", event.id}}));
            response.headers.emplace_back("Location", "/v1/events/" + event.id);
            return response;
        },
        std::move(key));
}

}  // namespace tollgate::gateway
