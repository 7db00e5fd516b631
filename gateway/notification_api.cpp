#include "gateway/notification_api.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "base/json_object.h"
#include "callbacks/verification.h"
#include "gateway/answers.h"
#include "gateway/visibility.h"
#include "signing/notification.h"

namespace tollgate::gateway {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr int kNotificationsDefault = 50;
constexpr int kNotificationsMax = 200;

ApiProblem no_such_notification() {
    return {
        .status = 404, .code = "notification_not_found", .title = "There is no such notification"};
}

std::optional<ledger::RowId> row_of(std::string_view id) {
    ledger::RowId row = 0;
    const char* const end = id.data() + id.size();
    const auto [read_to, error] = std::from_chars(id.data(), end, row);
    if (error != std::errc() || read_to != end || row <= 0) return std::nullopt;
    return row;
}

struct NotificationList {
    ledger::NotificationQuery query;
    std::optional<std::string> payment_id;
};

NotificationList read_notification_list(const ServerRequest& request, const Caller& caller,
                                        std::vector<config::Problem>& problems) {
    NotificationList wanted{.query = {.apps = apps_of(caller)}, .payment_id = {}};
    QueryReader reader(request.query, problems);
    if (const auto app = reader.text("app")) {
        wanted.query.apps = caller.may_see(*app) ? std::vector{*app} : std::vector<std::string>();
    }
    wanted.query.verdict = reader.text("verdict").value_or("");
    const std::string& verdict = wanted.query.verdict;
    if (!verdict.empty() && verdict != "accepted" && verdict != "stale" && verdict != "ignored" &&
        verdict != "rejected") {
        reader.problem("verdict", "must be accepted, stale, ignored or rejected");
    }
    wanted.payment_id = reader.text("payment");
    wanted.query.since = reader.time("since");
    wanted.query.until = reader.time("until");
    wanted.query.after = reader.number("after", 0, 1, INT64_MAX);
    wanted.query.limit =
        static_cast<int>(reader.number("limit", kNotificationsDefault, 1, kNotificationsMax));
    reader.finish();
    return wanted;
}

std::string notifications_json(const ledger::NotificationPage& page, bool with_body) {
    std::string list = "[";
    for (const auto& view : page.rows) {
        if (list.size() > 1) list += ',';
        list += notification_json(view, with_body);
    }
    JsonObject json;
    json.raw("notifications", list + "]")
        .maybe_text("next", page.next ? std::optional(std::to_string(*page.next)) : std::nullopt);
    return std::move(json).end();
}

// Alipay never packs a body, and what somebody else has packed was refused for that.
bool came_encoded(const ledger::NotificationView& view) {
    const auto headers = nlohmann::json::parse(view.headers, nullptr, false);
    return headers.is_object() && headers.contains("content-encoding");
}

Result<signing::Fields> verify_again(const ledger::NotificationView& view,
                                     const callbacks::App& app) {
    if (came_encoded(view)) {
        return Error(ErrorCode::invalid_argument, "the body is encoded").because("body_encoded");
    }
    return callbacks::verify_body(view.body, app);
}

ApiProblem still_unverified(const ledger::NotificationView& view, const callbacks::App& app,
                            const Error& error) {
    const auto hint = signing::explain_notification(view.body, app.alipay, &app.public_key);
    ApiProblem problem{
        .status = 422,
        .code = "notification_unverified",
        .title = "It does not verify with the keys of now, either: nothing was done"};
    JsonObject members;
    members.text("reason", error.reason()).text("hint", hint.code + ": " + hint.text);
    problem.members = "," + std::move(members).end().substr(1);
    problem.members.pop_back();
    return problem;
}

ApiProblem body_removed() {
    return {.status = 409,
            .code = "body_removed",
            .title = "What Alipay sent was removed for its age: there is nothing to verify"};
}

std::string outcome_json(const callbacks::NotificationOutcome& outcome) {
    JsonObject json;
    json.text("verdict", ledger::name_of(outcome.verdict))
        .text("reason", outcome.reason)
        .yes("duplicate", outcome.duplicate)
        .maybe_text("payment",
                    outcome.payment_id.empty() ? std::nullopt : std::optional(outcome.payment_id))
        .maybe_text("difference",
                    outcome.opened.empty() ? std::nullopt : std::optional(outcome.opened));
    return std::move(json).end();
}

}  // namespace

std::string notification_json(const ledger::NotificationView& view, bool with_body) {
    JsonObject json;
    json.text("id", std::to_string(view.row))
        .text("app", view.app)
        .time("received_at", view.received_at)
        .text("verdict", view.verdict)
        .maybe_text("reason", view.reason)
        .maybe_text("hint", view.hint)
        .maybe_text("notify_id", view.notify_id)
        .text("kind", view.kind)
        .maybe_text("out_trade_no", view.out_trade_no)
        .maybe_text("trade_no", view.trade_no)
        .maybe_text("trade_status", view.trade_status)
        .maybe_text("payment",
                    view.payment_id.empty() ? std::nullopt : std::optional(view.payment_id));
    if (with_body && view.has_body()) json.text("body", view.body);
    return std::move(json).end();
}

void NotificationApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](ServerRequest& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    router.add("GET", "/v1/notifications", bound(&NotificationApi::list));
    router.add("GET", "/v1/notifications/{id}", bound(&NotificationApi::get_one));
    router.add("POST", "/v1/notifications/{id}/reprocess", bound(&NotificationApi::reprocess));
}

void NotificationApi::list(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    auto wanted = read_notification_list(request, *caller, problems);
    if (refused(problems, ticket)) return;
    answer_from_ledger(
        seams_, request.request_id, std::move(ticket),
        [&](ledger::Reading& reading) -> Result<ServerResponse> {
            if (wanted.payment_id) {
                TOLLGATE_TRY(const auto payment, reading.payment_by_id(*wanted.payment_id));
                if (!payment || !caller->may_see(payment->app)) {
                    return json_response(200, notifications_json({}, false));
                }
                wanted.query.payment = payment->row;
            }
            TOLLGATE_TRY(const auto page, reading.lookup().notifications(wanted.query));
            return json_response(200, notifications_json(page, caller->sees_bodies));
        });
}

void NotificationApi::get_one(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    const auto row = row_of(request.captures.at(0));
    if (!row) return ticket.complete(to_response(no_such_notification()));
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto view, reading.lookup().notification(*row));
                           if (!view || !caller->may_see(view->app)) {
                               return to_response(no_such_notification());
                           }
                           return json_response(200, notification_json(*view, caller->sees_bodies));
                       });
}

void NotificationApi::reprocess(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "operate", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    read_empty_body(request.body, problems);
    if (refused(problems, ticket)) return;
    const auto row = row_of(request.captures.at(0));
    if (!row) return ticket.complete(to_response(no_such_notification()));
    const auto reading = seams_.store.read();
    if (!reading) {
        return answer_failure(seams_, request.request_id, reading.error(), std::move(ticket));
    }
    auto view = (*reading)->lookup().notification(*row);
    if (!view) return answer_failure(seams_, request.request_id, view.error(), std::move(ticket));
    const callbacks::AppRef app = *view ? apps_.find((*view)->app) : nullptr;
    if (app == nullptr || !caller->may_see(app->id)) {
        return ticket.complete(to_response(no_such_notification()));
    }
    if (!(*view)->has_body()) return ticket.complete(to_response(body_removed()));
    record(request, *caller, app, **std::move(view), std::move(ticket));
}

void NotificationApi::record(const ServerRequest& request, const Caller& caller,
                             const callbacks::AppRef& app, ledger::NotificationView view,
                             Ticket ticket) {
    const auto fields = verify_again(view, *app);
    if (!fields) {
        return ticket.complete(to_response(still_unverified(view, *app, fields.error())));
    }
    const std::string id = std::to_string(view.row);
    auto notification = std::make_shared<const callbacks::VerifiedNotification>(
        callbacks::verified_notification(app, *fields,
                                         {.body = std::move(view.body),
                                          .headers = std::move(view.headers),
                                          .request_id = request.request_id,
                                          .at = seams_.clock.now()}));
    auto outcome = std::make_shared<callbacks::NotificationOutcome>();
    answer_after_commit(
        seams_, request.request_id, std::move(ticket),
        [this, notification, outcome](ledger::Books& books) -> Result<ServerResponse> {
            TOLLGATE_TRY(*outcome,
                         callbacks::record_notification(books, *notification, seams_.entropy));
            return json_response(200, outcome_json(*outcome));
        },
        [this, notification, outcome, id, caller = caller.id] {
            seams_.log.info("notification.reprocessed",
                            {{"notification", id},
                             {"app", notification->app->id},
                             {"notify_id", notification->notify_id},
                             {"verdict", ledger::name_of(outcome->verdict)},
                             {"reason", outcome->reason},
                             {"payment_id", outcome->payment_id},
                             {"caller", caller},
                             {"request_id", notification->request_id}});
            seams_.on_change();
        });
}

}  // namespace tollgate::gateway
