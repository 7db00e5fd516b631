#include "gateway/payment_api.h"

#include <algorithm>

#include "gateway/answers.h"
#include "gateway/api_request.h"
#include "gateway/history_json.h"
#include "gateway/idempotency.h"
#include "gateway/token_api.h"
#include "signing/form.h"

namespace tollgate::gateway {
namespace {

constexpr int kPaymentsMax = 100;

std::string refreshed_json(const ledger::Payment& payment, const std::optional<std::string>& action,
                           Timestamp now, bool refreshed) {
    std::string json = payment_answer_json(payment, action, now);
    json.pop_back();
    return json + (refreshed ? R"(,"refreshed":true})" : R"(,"refreshed":false})");
}

struct ListQuery {
    std::string app;
    std::string out_trade_no;
    std::string order;
};

std::variant<ListQuery, std::vector<config::Problem>> read_list_query(std::string_view query) {
    std::vector<config::Problem> problems;
    ListQuery wanted;
    const auto fields = signing::decode_form(query);
    if (!fields) return std::vector<config::Problem>{{"?", fields.error().message()}};
    for (const auto& [name, value] : *fields) {
        if (name == "app") {
            wanted.app = value;
        } else if (name == "out_trade_no") {
            wanted.out_trade_no = value;
        } else if (name == "order") {
            wanted.order = value;
        } else {
            problems.push_back({.where = "?" + name, .what = "is not a parameter of this list"});
        }
    }
    if (wanted.app.empty()) problems.push_back({.where = "?app", .what = "is missing"});
    if (wanted.out_trade_no.empty() == wanted.order.empty()) {
        problems.push_back({.where = "?out_trade_no", .what = "give either out_trade_no or order"});
    }
    if (!problems.empty()) return problems;
    return wanted;
}

Result<std::vector<ledger::Payment>> find_list(ledger::Reading& reading, const ListQuery& wanted) {
    if (!wanted.order.empty()) {
        return reading.payments_of_order(wanted.app, wanted.order, kPaymentsMax);
    }
    TOLLGATE_TRY(auto payment, reading.payment_by_number(wanted.app, wanted.out_trade_no));
    std::vector<ledger::Payment> payments;
    if (payment) payments.push_back(*std::move(payment));
    return payments;
}

}  // namespace

void PaymentApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](Request& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    router.add("POST", "/v1/payments", bound(&PaymentApi::create));
    router.add("GET", "/v1/payments", bound(&PaymentApi::list));
    router.add("GET", "/v1/payments/{id}", bound(&PaymentApi::get_one));
    router.add("GET", "/v1/payments/{id}/history", bound(&PaymentApi::history));
}

void PaymentApi::create(Request& request, Ticket ticket) {
    const auto admitted = callers_.admit(request, "create");
    if (const auto* problem = std::get_if<ApiProblem>(&admitted)) {
        return ticket.complete(to_response(*problem));
    }
    CreatePayment::Asked asked{.caller = std::get<const Caller*>(admitted),
                               .request_id = request.request_id};
    std::vector<config::Problem> problems;
    asked.key = read_key_header(request, problems);
    if (const auto header = request.header("submit-token")) {
        auto token = read_submit_token(*header);
        if (token) {
            asked.token = *std::move(token);
        } else {
            problems.push_back({.where = "Submit-Token", .what = token.error().message()});
        }
    }
    auto read = read_create_request(request.body);
    if (auto* wrong = std::get_if<std::vector<config::Problem>>(&read)) {
        std::ranges::move(*wrong, std::back_inserter(problems));
    }
    if (!problems.empty())
        return ticket.complete(to_response(invalid_request(std::move(problems))));
    asked.request = std::move(std::get<CreateRequest>(read));
    if (asked.request.replaces) return replacing_.run(std::move(asked), std::move(ticket));
    create_.run(std::move(asked), std::move(ticket));
}

std::optional<ledger::Payment> PaymentApi::find(const Caller& caller, ledger::Reading& reading,
                                                Request& request, Ticket& ticket) {
    auto found = reading.payment_by_id(request.captures.at(0));
    if (!found) {
        fail(request, found.error(), ticket);
        return std::nullopt;
    }
    // Somebody else's payment looks just like none at all.
    if (!*found || !caller.may_see((*found)->app)) {
        ticket.complete(to_response(no_such_payment()));
        return std::nullopt;
    }
    return **std::move(found);
}

void PaymentApi::fail(const Request& request, const Error& error, Ticket& ticket) {
    log_.error("api.failed", {{"request_id", request.request_id}, {"reason", error.message()}});
    ticket.complete(to_response(storage_problem(error)));
}

void PaymentApi::get_one(Request& request, Ticket ticket) {
    const auto admitted = callers_.admit(request, "read");
    if (const auto* problem = std::get_if<ApiProblem>(&admitted)) {
        return ticket.complete(to_response(*problem));
    }
    std::vector<config::Problem> problems;
    QueryReader query(request.query, problems);
    const bool wants_refresh = query.number("refresh", 0, 0, 1) == 1;
    query.finish();
    if (refused(problems, ticket)) return;
    const auto reading = store_.read();
    if (!reading) return fail(request, reading.error(), ticket);
    const auto payment = find(*std::get<const Caller*>(admitted), **reading, request, ticket);
    if (!payment) return;
    const auto asked = (*reading)->request_of(*payment);
    if (!asked) return fail(request, asked.error(), ticket);
    if (wants_refresh) return refresh(request, *payment, asked->action, std::move(ticket));
    ticket.complete(json_response(200, payment_answer_json(*payment, asked->action, clock_.now())));
}

void PaymentApi::refresh(const Request& request, const ledger::Payment& payment,
                         const std::optional<std::string>& action, Ticket ticket) {
    if (ledger::is_final(payment.status) || payment.held || !errands_.has_room() ||
        errands_.asked_just_now(payment.id)) {
        return ticket.complete(
            json_response(200, refreshed_json(payment, action, clock_.now(), false)));
    }
    auto waiting = std::make_shared<Ticket>(std::move(ticket));
    errands_.visit({.payment_id = payment.id, .app = payment.app, .request_id = request.request_id},
                   [this, waiting, action, request_id = request.request_id](
                       const Result<ledger::Payment>& outcome, bool heard) {
                       if (!outcome) {
                           log_.error("api.failed", {{"request_id", request_id},
                                                     {"reason", outcome.error().message()}});
                           return waiting->complete(to_response(storage_problem(outcome.error())));
                       }
                       waiting->complete(json_response(
                           200, refreshed_json(*outcome, action, clock_.now(), heard)));
                   });
}

void PaymentApi::list(Request& request, Ticket ticket) {
    const auto admitted = callers_.admit(request, "read");
    if (const auto* problem = std::get_if<ApiProblem>(&admitted)) {
        return ticket.complete(to_response(*problem));
    }
    const auto query = read_list_query(request.query);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&query)) {
        return ticket.complete(to_response(invalid_request(*problems)));
    }
    const auto& wanted = std::get<ListQuery>(query);
    std::vector<ledger::Payment> payments;
    if (std::get<const Caller*>(admitted)->may_see(wanted.app)) {
        const auto reading = store_.read();
        if (!reading) return fail(request, reading.error(), ticket);
        auto found = find_list(**reading, wanted);
        if (!found) return fail(request, found.error(), ticket);
        payments = *std::move(found);
    }
    std::string json = R"({"payments":[)";
    for (std::size_t i = 0; i < payments.size(); ++i) {
        json += (i == 0 ? "" : ",") + to_json(payments[i]);
    }
    ticket.complete(json_response(200, json + "]}"));
}

void PaymentApi::history(Request& request, Ticket ticket) {
    const auto admitted = callers_.admit(request, "read");
    if (const auto* problem = std::get_if<ApiProblem>(&admitted)) {
        return ticket.complete(to_response(*problem));
    }
    const auto reading = store_.read();
    if (!reading) return fail(request, reading.error(), ticket);
    const auto payment = find(*std::get<const Caller*>(admitted), **reading, request, ticket);
    if (!payment) return;
    const auto history = (*reading)->history_of(*payment);
    if (!history) return fail(request, history.error(), ticket);
    ticket.complete(json_response(200, R"({"transitions":)" + transitions_json(*history) + "}"));
}

}  // namespace tollgate::gateway
