#include "gateway/redelivery.h"

#include <algorithm>

#include "callbacks/event.h"
#include "config/delivery_rules.h"
#include "gateway/answers.h"
#include "gateway/event_json.h"
#include "gateway/visibility.h"

namespace tollgate::gateway {
namespace {

using ledger::DeliveryStatus;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

// A request at work under its key that has not ended after this long has died.
constexpr std::chrono::seconds kAtWorkMax{60};

// The endpoints that a redelivery without a named one goes to. A test is its endpoint's alone.
Result<std::vector<ledger::Endpoint>> endpoints_for(ledger::Reading& reading,
                                                    const ledger::EventView& event) {
    TOLLGATE_TRY(const auto promised, reading.outbox().deliveries_of(event));
    TOLLGATE_TRY(const auto all, reading.outbox().endpoints());
    std::vector<ledger::Endpoint> chosen;
    for (const auto& endpoint : all) {
        const bool was_promised = std::ranges::any_of(
            promised, [&](const auto& delivery) { return delivery.endpoint_id == endpoint.id; });
        const bool wanted =
            event.type != callbacks::kEndpointTest && wants(endpoint.plan, event.app, event.type);
        if (was_promised || wanted) chosen.push_back(endpoint);
    }
    return chosen;
}

bool serves(const ledger::Endpoint& endpoint, const std::string& app) {
    return endpoint.plan.apps.empty() ||
           std::ranges::find(endpoint.plan.apps, app) != endpoint.plan.apps.end();
}

ApiProblem not_for_it() {
    return {.status = 409,
            .code = "endpoint_not_for_event",
            .title =
                "The endpoint does not get this app's events, or the event is another "
                "endpoint's test"};
}

struct OneRequest {
    const Caller* caller = nullptr;
    std::string event;
    std::optional<std::string> endpoint;
    KeyedRequest keyed;
    Timestamp now;
};

Result<ServerResponse> redeliver_in_books(ledger::Books& books, const OneRequest& asked) {
    TOLLGATE_TRY(const auto met, meet_key(books.read(), asked.keyed));
    if (met) return to_response(*met);
    TOLLGATE_TRY(const auto event, find_event(books.read(), *asked.caller, asked.event));
    if (!event) return to_response(no_such_event());
    TOLLGATE_TRY(auto endpoints, endpoints_for(books.read(), *event));
    if (asked.endpoint) {
        TOLLGATE_TRY(const auto named, find_endpoint(books.read(), *asked.caller, *asked.endpoint));
        if (!named) return to_response(no_such_endpoint());
        const bool allowed =
            event->type == callbacks::kEndpointTest
                ? std::ranges::any_of(
                      endpoints, [&](const auto& endpoint) { return endpoint.row == named->row; })
                : serves(*named, event->app);
        if (!allowed) return to_response(not_for_it());
        endpoints = {*named};
    }
    for (const auto& endpoint : endpoints) {
        TOLLGATE_DO(books.outbox().redeliver(*event, endpoint, asked.now));
    }
    TOLLGATE_TRY(auto deliveries, books.read().outbox().deliveries_of(*event));
    std::erase_if(deliveries, [&](const ledger::DeliveryView& delivery) {
        return std::ranges::none_of(
            endpoints, [&](const auto& endpoint) { return endpoint.id == delivery.endpoint_id; });
    });
    auto response = json_response(
        202,
        to_text({{"event", event->id}, {"deliveries", deliveries_json(deliveries, asked.now)}}));
    TOLLGATE_DO(store_under_key(books, asked.keyed, response.status, response.body));
    return response;
}

void read_statuses(config::Section& section, std::vector<DeliveryStatus>& into) {
    into = {DeliveryStatus::spent, DeliveryStatus::cancelled};
    if (!section.has("statuses")) return;
    std::vector<std::string> names;
    section.need_texts("statuses", names);
    into.clear();
    for (const std::string& name : names) {
        if (const auto status = ledger::delivery_status_from(name)) {
            into.push_back(*status);
        } else {
            section.problem_at("statuses", "\"" + name +
                                               "\" is not one of pending, delivered, spent, "
                                               "cancelled");
        }
    }
}

void read_range(config::Section& section, RangeRequest& range) {
    section.need_text("endpoint", range.endpoint);
    if (!section.has("from")) section.problem_at("from", "is missing");
    range.query.from = read_time(section, "from");
    range.query.to = read_time(section, "to");
    if (range.query.from && range.query.to && *range.query.to <= *range.query.from) {
        section.problem_at("to", "must be after \"from\"");
    }
    read_statuses(section, range.query.statuses);
    section.may_have_text("type", range.query.type);
    if (!range.query.type.empty() && !config::is_event_pattern(range.query.type)) {
        section.problem_at("type", "must be an event type or a family such as payment.*");
    }
    section.may_have_integer("after", range.query.after, 0, INT64_MAX);
    section.may_have_bool("dry_run", range.dry_run);
}

}  // namespace

RedeliverRequest read_redeliver_request(const ServerRequest& request,
                                        std::vector<config::Problem>& problems) {
    RedeliverRequest asked;
    asked.key = take_idempotency_key(request, problems);
    read_body(request.body, problems, [&](config::Section& section) {
        if (section.has("endpoint")) section.need_text("endpoint", asked.endpoint.emplace());
    });
    return asked;
}

void redeliver_one(const ApiSeams& seams, const Caller& caller, const ServerRequest& request,
                   const RedeliverRequest& wanted, Ticket ticket) {
    const Timestamp now = seams.clock.now();
    const OneRequest asked{.caller = &caller,
                           .event = request.captures.at(0),
                           .endpoint = wanted.endpoint,
                           .keyed = keyed_by_body(caller.id, wanted.key, request, now),
                           .now = now};
    answer_after_commit(
        seams, request.request_id, std::move(ticket),
        [asked](ledger::Books& books) { return redeliver_in_books(books, asked); },
        [&seams, asked, request_id = request.request_id] {
            seams.log.info("event.redelivered", {{"request_id", request_id},
                                                 {"caller", asked.caller->id},
                                                 {"event_id", asked.event},
                                                 {"endpoint_id", asked.endpoint.value_or("")}});
            seams.on_change();
        });
}

RangeRequest read_range_request(const ServerRequest& request,
                                std::vector<config::Problem>& problems) {
    RangeRequest range;
    range.key = take_idempotency_key(request, problems);
    read_body(request.body, problems,
              [&](config::Section& section) { read_range(section, range); });
    if (!range.dry_run && !request.header("idempotency-key")) {
        problems.push_back({.where = "Idempotency-Key",
                            .what = "is needed, so that a repeat begins nothing again"});
    }
    AnswerJson fingerprint = {{"route", "POST /v1/events/redeliver"}};
    fingerprint["body"] = request.body;
    range.fingerprint = to_text(fingerprint);
    return range;
}

void count_range(const ApiSeams& seams, const Caller& caller, const ServerRequest& request,
                 const RangeRequest& range, Ticket ticket) {
    answer_from_ledger(seams, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto endpoint,
                                        find_endpoint(reading, caller, range.endpoint));
                           if (!endpoint) return to_response(no_such_endpoint());
                           auto query = range.query;
                           query.endpoint = endpoint->row;
                           query.apps = apps_of(caller);
                           TOLLGATE_TRY(const auto count, reading.outbox().count_deliveries(query));
                           AnswerJson answer = {{"count", count}};
                           if (count == ledger::OutboxReading::kCountMax) answer["more"] = true;
                           return json_response(200, to_text(answer));
                       });
}

RangeRedelivery::RangeRedelivery(const ApiSeams& seams, const Caller& caller,
                                 const ServerRequest& request, const RangeRequest& range,
                                 Ticket ticket)
    : seams_(seams),
      caller_(caller),
      request_id_(request.request_id),
      range_(range),
      keyed_{.caller = caller.id,
             .key = range.key,
             .fingerprint = range.fingerprint,
             .now = seams.clock.now()},
      ticket_(std::move(ticket)),
      after_(range.query.after) {}

void RangeRedelivery::start(const ApiSeams& seams, const Caller& caller,
                            const ServerRequest& request, const RangeRequest& range,
                            Ticket ticket) {
    std::make_shared<RangeRedelivery>(seams, caller, request, range, std::move(ticket))
        ->submit_step();
}

void RangeRedelivery::submit_step() {
    seams_.writer.submit(ledger::make_unit(
        [self = shared_from_this()](ledger::Books& books) { return self->step(books); },
        [self = shared_from_this()](Result<Step> done) { self->take(std::move(done)); }));
}

// Of the first step: an answer when there is nothing to begin.
Result<std::optional<ServerResponse>> RangeRedelivery::begin(ledger::Books& books) const {
    TOLLGATE_TRY(const auto met, meet_key(books.read(), keyed_));
    if (met) return std::optional(to_response(*met));
    TOLLGATE_TRY(const auto endpoint, find_endpoint(books.read(), caller_, range_.endpoint));
    if (!endpoint) return std::optional(to_response(no_such_endpoint()));
    TOLLGATE_DO(begin_under_key(books, keyed_, keyed_.now + kAtWorkMax));
    return std::optional<ServerResponse>();
}

Result<RangeRedelivery::Step> RangeRedelivery::step(ledger::Books& books) const {
    Step step;
    if (!begun_) {
        TOLLGATE_TRY(step.response, begin(books));
        if (step.response) return step;
    }
    auto query = range_.query;
    query.apps = apps_of(caller_);
    query.after = after_;
    query.limit = static_cast<int>(std::min<std::int64_t>(kStepMax, kRequestMax - count_));
    TOLLGATE_TRY(const auto endpoint, find_endpoint(books.read(), caller_, range_.endpoint));
    if (endpoint) {  // Else it was removed meanwhile, and what was begun again is cancelled.
        query.endpoint = endpoint->row;
        TOLLGATE_TRY(step.done, books.outbox().redeliver(query, keyed_.now));
    }
    const std::int64_t count = count_ + step.done.count;
    const bool found_all = step.done.count < query.limit;
    if (!found_all && count < kRequestMax) return step;
    const ledger::RowId last = step.done.count > 0 ? step.done.last : after_;
    step.body = to_text({{"count", count}, {"more", !found_all}, {"next_after", last}});
    TOLLGATE_DO(store_under_key(books, keyed_, 200, *step.body));
    return step;
}

void RangeRedelivery::take(Result<Step> step) {
    if (!step) return answer_failure(seams_, request_id_, step.error(), std::move(ticket_));
    if (step->response) return ticket_.complete(*std::move(step->response));
    begun_ = true;
    count_ += step->done.count;
    if (step->done.count > 0) after_ = step->done.last;
    if (!step->body) return submit_step();
    seams_.log.info("events.redelivered", {{"request_id", request_id_},
                                           {"caller", caller_.id},
                                           {"endpoint_id", range_.endpoint},
                                           {"count", count_}});
    seams_.on_change();
    ticket_.complete(json_response(200, *std::move(step->body)));
}

}  // namespace tollgate::gateway
