#include "gateway/app_result_api.h"

#include <memory>

#include "base/log.h"
#include "gateway/answers.h"

namespace tollgate::gateway {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

// `refreshed`: Alipay has said, signed, how the trade stands.
ServerResponse answer_with(const ledger::Payment& payment, const AppResult& result, bool refreshed,
                           Timestamp now) {
    std::string json = payment_answer_json(payment, std::nullopt, now);
    json.pop_back();
    json += refreshed ? R"(,"refreshed":true)" : R"(,"refreshed":false)";
    json += R"(,"app_result":{"result_status":)";
    append_json_string(json, result.result_status);
    json += R"(,"meaning":)";
    append_json_string(json, meaning_of_result_status(result.result_status));
    json += result.result.empty() ? R"(,"verified":false}})" : R"(,"verified":true}})";
    return json_response(200, std::move(json));
}

}  // namespace

void AppResultApi::add_routes(transport::Router& router) {
    router.add("POST", "/v1/payments/{id}/app-result",
               [this](ServerRequest& request, Ticket ticket) { take(request, std::move(ticket)); });
}

void AppResultApi::take(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    auto read = read_app_result(request.body);
    if (auto* problems = std::get_if<std::vector<config::Problem>>(&read)) {
        return ticket.complete(to_response(invalid_request(std::move(*problems))));
    }
    const auto& result = std::get<AppResult>(read);
    const auto reading = seams_.store.read();
    const auto payment = reading ? (*reading)->payment_by_id(request.captures.at(0))
                                 : Result<std::optional<ledger::Payment>>(reading.error());
    if (!payment) {
        return answer_failure(seams_, request.request_id, payment.error(), std::move(ticket));
    }
    const callbacks::AppRef app =
        *payment && caller->may_see((*payment)->app) ? apps_.find((*payment)->app) : nullptr;
    if (app == nullptr) return ticket.complete(to_response(no_such_payment()));
    if (const auto problem = judge_app_result(result, **payment, *app)) {
        seams_.log.warning("app_result.refused", {{"request_id", request.request_id},
                                                  {"payment_id", (*payment)->id},
                                                  {"code", problem->code}});
        return ticket.complete(to_response(*problem));
    }
    ask_alipay(**payment, result, request.request_id, std::move(ticket));
}

void AppResultApi::ask_alipay(const ledger::Payment& payment, const AppResult& result,
                              const std::string& request_id, Ticket ticket) {
    if (ledger::is_final(payment.status) || payment.held || !errands_.has_room()) {
        return ticket.complete(answer_with(payment, result, false, seams_.clock.now()));
    }
    auto waiting = std::make_shared<Ticket>(std::move(ticket));
    errands_.visit(
        {.payment_id = payment.id, .app = payment.app, .request_id = request_id},
        [this, waiting, result, request_id](const Result<ledger::Payment>& outcome, bool heard) {
            if (!outcome) {
                return answer_failure(seams_, request_id, outcome.error(), std::move(*waiting));
            }
            waiting->complete(answer_with(*outcome, result, heard, seams_.clock.now()));
        });
}

}  // namespace tollgate::gateway
