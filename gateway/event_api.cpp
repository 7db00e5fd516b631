#include "gateway/event_api.h"

#include "gateway/answers.h"
#include "gateway/event_json.h"
#include "gateway/redelivery.h"
#include "gateway/visibility.h"

namespace tollgate::gateway {
namespace {

constexpr int kEventsDefault = 100;
constexpr int kEventsMax = 500;

struct ListRequest {
    ledger::EventQuery query;
    std::chrono::seconds wait{0};
};

ListRequest read_list(std::string_view text, const Caller& caller,
                      std::vector<config::Problem>& problems) {
    ListRequest asked;
    QueryReader query(text, problems);
    asked.query.after = query.number("after", 0, 0, INT64_MAX);
    asked.query.limit = static_cast<int>(query.number("limit", kEventsDefault, 1, kEventsMax));
    asked.query.type = query.event_type("type");
    asked.query.since = query.time("since");
    asked.wait =
        std::chrono::seconds(query.number("wait_seconds", 0, 0, EventApi::kWaitMax.count()));
    if (const auto app = query.text("app")) {
        if (caller.may_see(*app)) asked.query.apps = {*app};
    } else {
        asked.query.apps = apps_of(caller);
    }
    query.finish();
    return asked;
}

// The last number that was removed for its age, where a reader who has seen up to `after` may have
// missed something by it. Who begins (0) begins with what is there.
Result<std::optional<std::int64_t>> removed_behind(const Result<ledger::ReadLease>& reading,
                                                   std::int64_t after) {
    if (!reading) return reading.error();
    if (after == 0) return std::optional<std::int64_t>();
    TOLLGATE_TRY(const auto removed_to, (**reading).outbox().events_removed_to());
    return after < removed_to ? std::optional(removed_to) : std::nullopt;
}

ApiProblem events_removed(std::int64_t removed_to) {
    return {.status = 410,
            .code = "events_removed",
            .title =
                "events after your cursor were removed for their age: look at your payments, then "
                "go on with removed_to",
            .members = ",\"removed_to\":" + std::to_string(removed_to)};
}

}  // namespace

void EventApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](Request& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    router.add("GET", "/v1/events", bound(&EventApi::list));
    router.add("GET", "/v1/events/{id}", bound(&EventApi::get_one));
    router.add("GET", "/v1/events/{id}/attempts", bound(&EventApi::attempts));
    router.add("POST", "/v1/events/{id}/redeliver", bound(&EventApi::redeliver));
    router.add("POST", "/v1/events/redeliver", bound(&EventApi::redeliver_range));
}

void EventApi::list(Request& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    auto asked = read_list(request.query, *caller, problems);
    if (refused(problems, ticket)) return;
    const std::uint64_t seen = long_polls_.publishings();
    const auto reading = seams_.store.read();
    const auto removed = removed_behind(reading, asked.query.after);
    const auto answer =
        removed ? answer_events(**reading, asked.query) : Result<EventsAnswer>(removed.error());
    if (!answer) {
        return answer_failure(seams_, request.request_id, answer.error(), std::move(ticket));
    }
    if (*removed) return ticket.complete(to_response(events_removed(**removed)));
    if (!answer->empty || asked.wait.count() == 0) {
        return ticket.complete(json_response(200, answer->json));
    }
    long_polls_.wait({.query = std::move(asked.query),
                      .caller = caller->id,
                      .request_id = request.request_id,
                      .until = seams_.clock.monotonic() + asked.wait,
                      .seen = seen,
                      .ticket = std::move(ticket)});
}

void EventApi::get_one(Request& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(
        seams_, request.request_id, std::move(ticket),
        [&](ledger::Reading& reading) -> Result<transport::ServerResponse> {
            TOLLGATE_TRY(const auto event, find_event(reading, *caller, request.captures.at(0)));
            if (!event) return to_response(no_such_event());
            TOLLGATE_TRY(const auto deliveries, reading.outbox().deliveries_of(*event));
            const auto list = to_text(deliveries_json(deliveries, seams_.clock.now()));
            return json_response(200, event_json(*event, ",\"deliveries\":" + list));
        });
}

void EventApi::attempts(Request& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<transport::ServerResponse> {
                           TOLLGATE_TRY(const auto event,
                                        find_event(reading, *caller, request.captures.at(0)));
                           if (!event) return to_response(no_such_event());
                           TOLLGATE_TRY(const auto attempts, reading.outbox().attempts_of(*event));
                           AnswerJson list = AnswerJson::array();
                           for (const auto& attempt : attempts)
                               list.push_back(attempt_json(attempt));
                           return json_response(
                               200, to_text({{"event", event->id}, {"attempts", std::move(list)}}));
                       });
}

void EventApi::redeliver(Request& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "redeliver", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    QueryReader(request.query, problems).finish();
    const auto wanted = read_redeliver_request(request, problems);
    if (refused(problems, ticket)) return;
    redeliver_one(seams_, *caller, request, wanted, std::move(ticket));
}

void EventApi::redeliver_range(Request& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "redeliver", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    QueryReader(request.query, problems).finish();
    const auto range = read_range_request(request, problems);
    if (refused(problems, ticket)) return;
    if (range.dry_run) return count_range(seams_, *caller, request, range, std::move(ticket));
    RangeRedelivery::start(seams_, *caller, request, range, std::move(ticket));
}

}  // namespace tollgate::gateway
