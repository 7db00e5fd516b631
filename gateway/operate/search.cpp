#include "gateway/operate/search.h"

#include <algorithm>

#include "base/json_object.h"
#include "gateway/answers.h"
#include "gateway/operate/roles.h"

namespace tollgate::gateway::operate {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr int kPageDefault = 50;
constexpr int kPageMax = 200;
constexpr int kOfNumberMax = 100;
constexpr std::size_t kNumberBytesMax = 128;

std::string payments_json(const std::vector<ledger::Payment>& payments,
                          const std::optional<std::string>& next) {
    std::string list = "[";
    for (const auto& payment : payments) {
        if (list.size() > 1) list += ',';
        list += to_json(payment);
    }
    JsonObject json;
    json.raw("payments", list + "]").maybe_text("next", next);
    return std::move(json).end();
}

struct WantedPayments {
    std::optional<std::string> number;
    ledger::PaymentQuery query;
};

WantedPayments read_payments_query(const ServerRequest& request,
                                   const std::vector<std::string>& apps,
                                   std::vector<config::Problem>& problems) {
    WantedPayments wanted{.number = {}, .query = {.apps = apps}};
    QueryReader reader(request.query, problems);
    wanted.number = reader.text("q");
    if (wanted.number && wanted.number->size() > kNumberBytesMax) {
        reader.problem("q", "is longer than any number");
    }
    if (auto app = reader.text("app")) wanted.query.apps = {*std::move(app)};
    if (const auto status = reader.text("status")) {
        wanted.query.status = ledger::payment_status_from(*status);
        if (!wanted.query.status) reader.problem("status", "is no payment's status");
    }
    wanted.query.since = reader.time("since");
    wanted.query.until = reader.time("until");
    wanted.query.after = reader.text("after").value_or("");
    wanted.query.limit = static_cast<int>(reader.number("limit", kPageDefault, 1, kPageMax));
    reader.finish();
    return wanted;
}

void add_found(std::vector<ledger::Payment>& found, ledger::Payment payment) {
    const bool known = std::ranges::any_of(
        found, [&](const ledger::Payment& other) { return other.row == payment.row; });
    if (!known) found.push_back(std::move(payment));
}

std::string audit_json(const ledger::ActionPage& page) {
    std::string list = "[";
    for (const auto& action : page.rows) {
        if (list.size() > 1) list += ',';
        list += action_json(action, true);
    }
    JsonObject json;
    json.raw("entries", list + "]").maybe_text("next", page.next);
    return std::move(json).end();
}

}  // namespace

std::string action_json(const ledger::ActionRecord& action, bool whole) {
    JsonObject json;
    json.text("id", action.id)
        .time("at", action.at)
        .text("operator", action.operator_name)
        .text("role", action.role)
        .text("action", action.action)
        .text("target", action.target)
        .text("request_id", action.request_id)
        .text("reason", action.reason)
        .raw("status", action.status ? std::to_string(*action.status) : "null")
        .time("finished_at", action.finished_at);
    if (whole) {
        json.raw("before", action.before.value_or("null"))
            .raw("after", action.after.value_or("null"));
    }
    return std::move(json).end();
}

Result<std::vector<ledger::Payment>> payments_by_number(ledger::Reading& reading,
                                                        const std::vector<std::string>& apps,
                                                        const std::string& number) {
    std::vector<ledger::Payment> found;
    TOLLGATE_TRY(auto by_id, reading.payment_by_id(number));
    if (by_id) add_found(found, *std::move(by_id));
    TOLLGATE_TRY(auto by_trade_no, reading.payment_by_trade_no(number));
    if (by_trade_no) add_found(found, *std::move(by_trade_no));
    TOLLGATE_TRY(auto by_event, reading.lookup().payment_of_event(number));
    if (by_event) add_found(found, *std::move(by_event));
    for (const std::string& app : apps) {
        TOLLGATE_TRY(auto by_number, reading.payment_by_number(app, number));
        if (by_number) add_found(found, *std::move(by_number));
        TOLLGATE_TRY(auto of_order, reading.payments_of_order(app, number, kOfNumberMax));
        for (auto& payment : of_order) add_found(found, std::move(payment));
    }
    TOLLGATE_TRY(auto refunded, reading.lookup().payments_refunded_as(number, kOfNumberMax));
    for (auto& payment : refunded) add_found(found, std::move(payment));
    std::ranges::sort(found, std::ranges::greater(), &ledger::Payment::id);
    if (found.size() > kOfNumberMax) found.resize(kOfNumberMax);
    return found;
}

void Search::add_routes(transport::Router& router) {
    router.add("GET", "/console/api/payments", [this](ServerRequest& request, Ticket ticket) {
        payments(request, std::move(ticket));
    });
    router.add("GET", "/console/api/audit", [this](ServerRequest& request, Ticket ticket) {
        audit(request, std::move(ticket));
    });
}

void Search::payments(const ServerRequest& request, Ticket ticket) {
    if (!admit(parts_, request, ticket)) return;
    std::vector<config::Problem> problems;
    auto wanted = read_payments_query(request, apps_.ids(), problems);
    if (refused(problems, ticket)) return;
    answer_at_desk(
        parts_, std::move(ticket), [this, id = request.request_id, wanted = std::move(wanted)] {
            return response_from_ledger(
                parts_.api, id, [&](ledger::Reading& reading) -> Result<ServerResponse> {
                    if (wanted.number) {
                        TOLLGATE_TRY(const auto found,
                                     payments_by_number(reading, apps_.ids(), *wanted.number));
                        return json_response(200, payments_json(found, std::nullopt));
                    }
                    TOLLGATE_TRY(const auto page, reading.lookup().payments(wanted.query));
                    return json_response(200, payments_json(page.rows, page.next));
                });
        });
}

void Search::audit(const ServerRequest& request, Ticket ticket) {
    const auto session = admit(parts_, request, ticket);
    if (!session) return;
    if (!may_see_audit(session->role)) {
        return ticket.complete(to_response(
            {.status = 403, .code = "right_missing", .title = "The audit is for admins"}));
    }
    std::vector<config::Problem> problems;
    QueryReader reader(request.query, problems);
    ledger::ActionQuery query;
    query.after = reader.text("after").value_or("");
    query.limit = static_cast<int>(reader.number("limit", kPageDefault, 1, kPageMax));
    reader.finish();
    if (refused(problems, ticket)) return;
    answer_at_desk(parts_, std::move(ticket),
                   [this, id = request.request_id, query = std::move(query)] {
                       return response_from_ledger(
                           parts_.api, id, [&](ledger::Reading& reading) -> Result<ServerResponse> {
                               TOLLGATE_TRY(const auto page, reading.lookup().actions(query));
                               return json_response(200, audit_json(page));
                           });
                   });
}

}  // namespace tollgate::gateway::operate
