#include "gateway/create_problems.h"

namespace tollgate::gateway {

using Kind = CreateOutcome::Kind;

ApiProblem problem_of(const CreateOutcome& outcome) {
    switch (outcome.kind) {
        case Kind::key_differs:
            return {.status = 422,
                    .code = "idempotency_key_reused",
                    .title = "This Idempotency-Key was used with other fields",
                    .fields = outcome.fields};
        case Kind::number_differs:
            return {.status = 422,
                    .code = "out_trade_no_reused",
                    .title = "This out_trade_no belongs to a payment with other fields",
                    .fields = outcome.fields,
                    .payment_id = outcome.payment.id};
        case Kind::number_taken:
            return {.status = 409,
                    .code = "out_trade_no_taken",
                    .title = "Another app of the same seller uses this out_trade_no"};
        case Kind::order_paid: return order_paid_problem(outcome.payment);
        case Kind::token_used:
            return {.status = 409,
                    .code = "token_used",
                    .title = "This Submit-Token has made a payment already; look at that one",
                    .payment_id = outcome.payment.id};
        case Kind::token_invalid:
            return {.status = 422,
                    .code = "token_invalid",
                    .title = "This Submit-Token is not one of yours, or has expired: get a new one",
                    .fields = {{.where = "Submit-Token", .what = "is unknown or has expired"}}};
        case Kind::busy:
        case Kind::created:
        case Kind::call:
        case Kind::replayed:
        case Kind::stored_answer: break;
    }
    return {.status = 409,
            .code = "in_progress",
            .title = "The first request of this payment is still at work",
            .payment_id = outcome.payment.id,
            .retry_after_seconds = 1};
}

ApiProblem order_paid_problem(const ledger::Payment& paid) {
    return {.status = 409,
            .code = "order_paid",
            .title = "The payment that this one was to replace is paid: the order needs no other",
            .payment_id = paid.id,
            .members = R"(,"payment":)" + to_json(paid)};
}

ApiProblem refusal_problem(const ledger::Payment& payment, const std::string& reason) {
    return {.status = 422,
            .code = "refused_by_alipay",
            .title = "Alipay refused the payment for good: " + reason,
            .payment_id = payment.id};
}

ApiProblem unclear_problem(const ledger::Payment& payment, const Error& error) {
    if (error.code() == ErrorCode::unavailable) {
        return {
            .status = 503,
            .code = "alipay_unavailable",
            .title = "Alipay could not be reached; nothing was sent. Send the same request again",
            .payment_id = payment.id,
            .retry_after_seconds = 2};
    }
    return {.status = 502,
            .code = "outcome_unknown",
            .title = "Alipay was asked, and its answer is not clear (" + error.message() +
                     "). Send the same request again; never use another out_trade_no",
            .payment_id = payment.id,
            .retry_after_seconds = 5};
}

}  // namespace tollgate::gateway
