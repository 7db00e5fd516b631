#include "gateway/endpoint_api.h"

#include "gateway/answers.h"
#include "gateway/endpoint_json.h"
#include "gateway/visibility.h"

namespace tollgate::gateway {
namespace {

using transport::ServerResponse;

constexpr int kDeliveriesDefault = 100;
constexpr int kDeliveriesMax = 500;

// "spent,cancelled"
std::vector<ledger::DeliveryStatus> read_statuses(QueryReader& query) {
    std::vector<ledger::DeliveryStatus> statuses;
    const auto text = query.text("status");
    if (!text) return statuses;
    std::string_view rest = *text;
    for (bool more = true; more;) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const auto status = ledger::delivery_status_from(rest.substr(0, comma));
        if (status) {
            statuses.push_back(*status);
        } else {
            query.problem("status",
                          "must be pending, delivered, spent or cancelled, or several "
                          "with commas");
        }
        more = comma < rest.size();
        rest.remove_prefix(more ? comma + 1 : comma);
    }
    return statuses;
}

ledger::DeliveryQuery read_deliveries_query(std::string_view text, const Caller& caller,
                                            std::vector<config::Problem>& problems) {
    QueryReader query(text, problems);
    ledger::DeliveryQuery asked;
    asked.apps = apps_of(caller);
    asked.statuses = read_statuses(query);
    asked.type = query.event_type("type");
    asked.from = query.time("since");
    asked.to = query.time("until");
    asked.after = query.number("after", 0, 0, INT64_MAX);
    asked.limit = static_cast<int>(query.number("limit", kDeliveriesDefault, 1, kDeliveriesMax));
    query.finish();
    return asked;
}

Result<ServerResponse> answer_deliveries(ledger::Reading& reading, ledger::DeliveryQuery query,
                                         Timestamp now) {
    const auto limit = static_cast<std::size_t>(query.limit);
    ++query.limit;
    TOLLGATE_TRY(auto found, reading.outbox().deliveries(query));
    const bool more = found.size() > limit;
    if (more) found.pop_back();
    return json_response(200,
                         to_text({{"deliveries", deliveries_json(found, now)},
                                  {"next_after", found.empty() ? query.after : found.back().place},
                                  {"more", more}}));
}

}  // namespace

void EndpointApi::add_routes(transport::Router& router) {
    const auto reading = [this](auto member) {
        return [this, member](Request& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    const auto changing = [this](Change what) {
        return [this, what](Request& request, Ticket ticket) {
            change(request, std::move(ticket), what);
        };
    };
    router.add("GET", "/v1/endpoints", reading(&EndpointApi::list));
    router.add("GET", "/v1/endpoints/{id}", reading(&EndpointApi::get_one));
    router.add("GET", "/v1/endpoints/{id}/deliveries", reading(&EndpointApi::deliveries));
    router.add("POST", "/v1/endpoints", changing(&EndpointChanges::make));
    router.add("PATCH", "/v1/endpoints/{id}", changing(&EndpointChanges::change));
    router.add("DELETE", "/v1/endpoints/{id}", changing(&EndpointChanges::remove));
    router.add("POST", "/v1/endpoints/{id}/rotate", changing(&EndpointChanges::rotate));
    router.add("POST", "/v1/endpoints/{id}/enable", changing(&EndpointChanges::enable));
    router.add("POST", "/v1/endpoints/{id}/park", changing(&EndpointChanges::park));
    router.add("POST", "/v1/endpoints/{id}/test", changing(&EndpointChanges::test));
}

void EndpointApi::change(Request& request, Ticket ticket, Change what) {
    const Caller* const caller = admit_without_query(seams_, request, "operate", ticket);
    if (caller == nullptr) return;
    (changes_.*what)(*caller, request, std::move(ticket));
}

void EndpointApi::list(Request& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto endpoints, reading.outbox().endpoints());
                           AnswerJson list = AnswerJson::array();
                           for (const auto& endpoint : endpoints) {
                               if (!may_see(*caller, endpoint.plan)) continue;
                               TOLLGATE_TRY(auto json,
                                            endpoint_json(reading, endpoint,
                                                          {.caller = *caller,
                                                           .all_apps = settings_.apps,
                                                           .configured = settings_.configured,
                                                           .now = seams_.clock.now()}));
                               list.push_back(std::move(json));
                           }
                           return json_response(200, to_text({{"endpoints", std::move(list)}}));
                       });
}

void EndpointApi::get_one(Request& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto endpoint,
                                        find_endpoint(reading, *caller, request.captures.at(0)));
                           if (!endpoint) return to_response(no_such_endpoint());
                           TOLLGATE_TRY(const auto json,
                                        endpoint_json(reading, *endpoint,
                                                      {.caller = *caller,
                                                       .all_apps = settings_.apps,
                                                       .configured = settings_.configured,
                                                       .now = seams_.clock.now()}));
                           return json_response(200, to_text(json));
                       });
}

void EndpointApi::deliveries(Request& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    auto query = read_deliveries_query(request.query, *caller, problems);
    if (refused(problems, ticket)) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto endpoint,
                                        find_endpoint(reading, *caller, request.captures.at(0)));
                           if (!endpoint) return to_response(no_such_endpoint());
                           query.endpoint = endpoint->row;
                           return answer_deliveries(reading, query, seams_.clock.now());
                       });
}

}  // namespace tollgate::gateway
