#include "gateway/refund_api.h"

#include "base/json_object.h"
#include "gateway/answers.h"
#include "gateway/history_json.h"

namespace tollgate::gateway {
namespace {

using ledger::RefundStatus;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

ApiProblem no_such_refund() {
    return {.status = 404, .code = "refund_not_found", .title = "There is no such refund"};
}

ApiProblem has_failed(const ledger::Refund& refund) {
    return {.status = 422,
            .code = "refund_refused",
            .title = "Alipay refused the refund, and no money moved: " +
                     refund.failure.value_or("no reason given") +
                     ". The same request may be sent again once its cause is mended",
            .members = R"(,"refund":)" + to_json(refund)};
}

// 201 once the money has moved; 202 while nobody can say yet.
ServerResponse response_of(const ledger::Refund& refund) {
    if (refund.status == RefundStatus::failed) return to_response(has_failed(refund));
    const int status = refund.status == RefundStatus::succeeded ? 201 : 202;
    return json_response(status, to_json(refund));
}

// What the caller may see; nothing when there is no such payment.
Result<std::optional<ledger::Payment>> find(ledger::Reading& reading, const Caller& caller,
                                            const std::string& id) {
    TOLLGATE_TRY(auto payment, reading.payment_by_id(id));
    if (payment && !caller.may_see(payment->app)) payment.reset();
    return payment;
}

}  // namespace

struct RefundApi::Work {
    WantedRefund wanted;
    Ticket ticket;
};

void RefundApi::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](ServerRequest& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    router.add("POST", "/v1/payments/{id}/refunds", bound(&RefundApi::create));
    router.add("GET", "/v1/payments/{id}/refunds", bound(&RefundApi::list));
    router.add("GET", "/v1/payments/{id}/refunds/{number}", bound(&RefundApi::get_one));
}

void RefundApi::create(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "refund", ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    auto work = std::make_shared<Work>();
    WantedRefund& wanted = work->wanted;
    wanted.request = read_refund_request(request.captures.at(0), request.body, problems);
    auto key = read_key_header(request, problems);
    if (refused(problems, ticket)) return;
    wanted.caller = caller;
    wanted.keyed = {.caller = caller->id,
                    .key = std::move(key),
                    .fingerprint = wanted.request.fingerprint,
                    .now = seams_.clock.now()};
    wanted.request_id = request.request_id;
    wanted.busy_until = wanted.keyed.now + at_work_max_;
    work->ticket = std::move(ticket);
    seams_.writer.submit(ledger::make_unit(
        [this, work](ledger::Books& books) {
            return refund_in_books(books, apps_, work->wanted, seams_.entropy);
        },
        [this, work](Result<RefundOutcome> outcome) {
            if (!outcome) {
                return answer_failure(seams_, work->wanted.request_id, outcome.error(),
                                      std::move(work->ticket));
            }
            switch (outcome->kind) {
                case RefundOutcome::Kind::answered:
                    return work->ticket.complete(std::move(outcome->response));
                case RefundOutcome::Kind::replayed: {
                    auto response = json_response(200, to_json(outcome->refund));
                    response.headers.emplace_back("Idempotent-Replayed", "true");
                    return work->ticket.complete(std::move(response));
                }
                case RefundOutcome::Kind::requested: break;
            }
            seams_.log.info("refund.requested", {{"request_id", work->wanted.request_id},
                                                 {"payment_id", work->wanted.request.payment_id},
                                                 {"refund_id", outcome->refund.id},
                                                 {"caller", work->wanted.caller->id},
                                                 {"amount", outcome->refund.amount.fen()}});
            // Its call is made by an errand, which knows nothing of this request.
            if (seams_.tracer != nullptr) {
                seams_.tracer->note_payment(work->wanted.request_id,
                                            work->wanted.request.payment_id);
            }
            errands_.hurry(outcome->refund.row, [this, work](const Result<ledger::Refund>& refund) {
                answer(work, refund);
            });
        }));
}

// Kept under the key once the money has moved; else the next try under it goes on from where this
// is.
void RefundApi::answer(const Shared& work, const Result<ledger::Refund>& refund) {
    if (!refund) {
        return answer_failure(seams_, work->wanted.request_id, refund.error(),
                              std::move(work->ticket));
    }
    ServerResponse response = response_of(*refund);
    const KeyedRequest& keyed = work->wanted.keyed;
    if (!keyed.key) return work->ticket.complete(std::move(response));
    answer_after_commit(
        seams_, work->wanted.request_id, std::move(work->ticket),
        [keyed, response = std::move(response)](ledger::Books& books) -> Result<ServerResponse> {
            if (response.status == 201) {
                TOLLGATE_DO(store_under_key(books, keyed, response.status, response.body));
            } else {
                TOLLGATE_DO(books.release_idempotency(keyed.caller, *keyed.key));
            }
            return response;
        },
        [] {});
}

void RefundApi::list(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto payment,
                                        find(reading, *caller, request.captures.at(0)));
                           if (!payment) return to_response(no_such_payment());
                           TOLLGATE_TRY(const auto refunds, reading.refunds().of(*payment));
                           std::string list = "[";
                           for (const auto& refund : refunds) {
                               if (list.size() > 1) list += ',';
                               list += to_json(refund);
                           }
                           const auto sums = ledger::sums_of(refunds);
                           JsonObject json;
                           json.raw("refunds", list + "]")
                               .number("refunded", sums.succeeded.fen())
                               .number("reserved", sums.live.fen() - sums.succeeded.fen())
                               .number("refundable", payment->status == ledger::PaymentStatus::paid
                                                         ? payment->amount.fen() - sums.live.fen()
                                                         : 0);
                           return json_response(200, std::move(json).end());
                       });
}

void RefundApi::get_one(const ServerRequest& request, Ticket ticket) {
    const Caller* const caller = admit_without_query(seams_, request, "read", ticket);
    if (caller == nullptr) return;
    answer_from_ledger(seams_, request.request_id, std::move(ticket),
                       [&](ledger::Reading& reading) -> Result<ServerResponse> {
                           TOLLGATE_TRY(const auto payment,
                                        find(reading, *caller, request.captures.at(0)));
                           if (!payment) return to_response(no_such_payment());
                           TOLLGATE_TRY(const auto refund,
                                        reading.refunds().one(*payment, request.captures.at(1)));
                           if (!refund) return to_response(no_such_refund());
                           TOLLGATE_TRY(const auto history, reading.refunds().history_of(*refund));
                           std::string json = to_json(*refund);
                           json.pop_back();
                           return json_response(
                               200, json + R"(,"transitions":)" + transitions_json(history) + "}");
                       });
}

}  // namespace tollgate::gateway
