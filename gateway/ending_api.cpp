#include "gateway/ending_api.h"

#include "base/json_object.h"
#include "base/time_text.h"
#include "gateway/answers.h"
#include "gateway/idempotency.h"

namespace tollgate::gateway {
namespace {

using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

std::string payment_member(const ledger::Payment& payment) {
    return R"(,"payment":)" + to_json(payment);
}

ApiProblem is_paid(const ledger::Payment& payment) {
    return {
        .status = 409,
        .code = "payment_paid",
        .title = "The buyer has paid: nothing is left to close. Refund it to send the money back",
        .payment_id = payment.id,
        .members = payment_member(payment)};
}

ApiProblem is_held(const ledger::Payment& payment) {
    return {.status = 409,
            .code = "payment_held",
            .title = "A difference about this payment is open: settle that first",
            .payment_id = payment.id,
            .members = payment_member(payment)};
}

ApiProblem not_barcode(const ledger::Payment& payment) {
    return {.status = 409,
            .code = "not_a_barcode_payment",
            .title = "Cancel is for payments by barcode: close this one",
            .payment_id = payment.id};
}

ServerResponse still_closing(const ledger::Payment& payment, Timestamp now) {
    std::string json = payment_answer_json(payment, std::nullopt, now);
    json.pop_back();
    json += R"(,"closed_by_latest":")" + to_rfc3339(payment.expires_at + kExpiryGrace) + "\"}";
    return json_response(202, std::move(json));
}

bool is_over(const ledger::Payment& payment) {
    return payment.status == ledger::PaymentStatus::closed ||
           payment.status == ledger::PaymentStatus::failed;
}

}  // namespace

struct EndingApi::Work {
    const Caller* caller = nullptr;
    std::string payment_id;
    std::string request_id;
    Ending ending = Ending::close;
    KeyedRequest keyed;
    std::string app;  // Once the payment has been found.
    Ticket ticket;
};

void EndingApi::add_routes(transport::Router& router) {
    router.add("POST", "/v1/payments/{id}/close", [this](ServerRequest& request, Ticket ticket) {
        end(request, std::move(ticket), Ending::close);
    });
    router.add("POST", "/v1/payments/{id}/cancel", [this](ServerRequest& request, Ticket ticket) {
        end(request, std::move(ticket), Ending::cancel);
    });
}

void EndingApi::end(const ServerRequest& request, Ticket ticket, Ending ending) {
    // A cancel may send money back.
    const char* const right = ending == Ending::close ? "close" : "refund";
    const Caller* const caller = admit_without_query(seams_, request, right, ticket);
    if (caller == nullptr) return;
    std::vector<config::Problem> problems;
    auto key = read_key_header(request, problems);
    read_empty_body(request.body, problems);
    if (refused(problems, ticket)) return;
    auto work = std::make_shared<Work>();
    work->caller = caller;
    work->payment_id = request.captures.at(0);
    work->request_id = request.request_id;
    work->ending = ending;
    JsonObject fingerprint;
    fingerprint.text("does", ending == Ending::close ? "close" : "cancel")
        .text("payment", work->payment_id);
    work->keyed = {.caller = caller->id,
                   .key = std::move(key),
                   .fingerprint = std::move(fingerprint).end(),
                   .now = seams_.clock.now()};
    work->ticket = std::move(ticket);
    seams_.writer.submit(
        ledger::make_unit([this, work](ledger::Books& books) { return begin(books, *work); },
                          [this, work](Result<std::optional<ServerResponse>> answer) {
                              if (!answer) {
                                  return answer_failure(seams_, work->request_id, answer.error(),
                                                        std::move(work->ticket));
                              }
                              if (*answer) return work->ticket.complete(**std::move(answer));
                              go_to_alipay(work);
                          }));
}

// The answer, when there is nothing to ask Alipay about.
Result<std::optional<ServerResponse>> EndingApi::begin(ledger::Books& books, Work& work) const {
    using Answer = std::optional<ServerResponse>;
    TOLLGATE_TRY(const auto payment, books.read().payment_by_id(work.payment_id));
    if (!payment || !work.caller->may_see(payment->app)) {
        return Answer(to_response(no_such_payment()));
    }
    TOLLGATE_TRY(const auto met, meet_key(books.read(), work.keyed));
    if (met) return Answer(to_response(*met, work.keyed.fingerprint));
    if (work.ending == Ending::cancel && payment->product != "barcode") {
        return Answer(to_response(not_barcode(*payment)));
    }
    const callbacks::AppRef app = apps_.find(payment->app);
    if (app == nullptr) return Answer(to_response(no_such_payment()));
    work.app = payment->app;
    const StepContext context{.app = app,
                              .origin = {.cause = ledger::Cause::api,
                                         .cause_id = work.caller->id,
                                         .request_id = work.request_id},
                              .time = {.now = work.keyed.now},
                              .entropy = seams_.entropy,
                              .dice = random_};
    TOLLGATE_TRY(const auto begun, begin_ending(books, work.payment_id, work.ending, context));
    switch (begun.kind) {
        case BegunEnding::Kind::paid: return Answer(to_response(is_paid(begun.payment)));
        case BegunEnding::Kind::held: return Answer(to_response(is_held(begun.payment)));
        case BegunEnding::Kind::over: {
            auto body = payment_answer_json(begun.payment, std::nullopt, work.keyed.now);
            TOLLGATE_DO(store_under_key(books, work.keyed, 200, body));
            return Answer(json_response(200, std::move(body)));
        }
        case BegunEnding::Kind::begun: break;
    }
    TOLLGATE_DO(begin_under_key(books, work.keyed, work.keyed.now + at_work_max_));
    return Answer();
}

void EndingApi::go_to_alipay(const Shared& work) {
    errands_.visit({.payment_id = work->payment_id,
                    .app = work->app,
                    .request_id = work->request_id,
                    .again = true},
                   [this, work](const Result<ledger::Payment>& outcome, bool /*heard*/) {
                       answer(work, outcome);
                   });
}

// Only a final answer is kept under the key: while it is closing, the next try goes on from there.
void EndingApi::answer(const Shared& work, const Result<ledger::Payment>& outcome) {
    if (!outcome) {
        return answer_failure(seams_, work->request_id, outcome.error(), std::move(work->ticket));
    }
    const Timestamp now = seams_.clock.now();
    ServerResponse response =
        is_over(*outcome) ? json_response(200, payment_answer_json(*outcome, std::nullopt, now))
        : outcome->status == ledger::PaymentStatus::closing
            ? (outcome->held ? to_response(is_held(*outcome)) : still_closing(*outcome, now))
            : to_response(is_paid(*outcome));
    if (!work->keyed.key) return work->ticket.complete(std::move(response));
    answer_after_commit(
        seams_, work->request_id, std::move(work->ticket),
        [keyed = work->keyed,
         response = std::move(response)](ledger::Books& books) -> Result<ServerResponse> {
            if (response.status == 200) {
                TOLLGATE_DO(store_under_key(books, keyed, response.status, response.body));
            } else {
                TOLLGATE_DO(books.release_idempotency(keyed.caller, *keyed.key));
            }
            return response;
        },
        [] {});
}

}  // namespace tollgate::gateway
