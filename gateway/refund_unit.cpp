#include "gateway/refund_unit.h"

#include <algorithm>

#include "base/id.h"
#include "base/json_object.h"
#include "base/utf8.h"
#include "callbacks/promotion.h"
#include "gateway/api_request.h"

namespace tollgate::gateway {
namespace {

using ledger::Payment;
using ledger::PaymentStatus;
using ledger::Refund;
using ledger::RefundStatus;

constexpr std::int64_t kRefundFenMax = 10'000'000'000;
constexpr std::size_t kReasonCharactersMax = 256;

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 64 &&
           text.find_first_not_of(
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
               std::string_view::npos;
}

RefundOutcome answered(const ApiProblem& problem) {
    return {.kind = RefundOutcome::Kind::answered, .refund = {}, .response = to_response(problem)};
}

ApiProblem not_refundable(const Payment& payment) {
    const bool unpaid = !payment.paid_at;
    return {.status = 409,
            .code = unpaid                                      ? "payment_not_paid"
                    : payment.status == PaymentStatus::refunded ? "payment_refunded"
                                                                : "refund_window_over",
            .title = unpaid ? "There is nothing to refund: the payment is not paid"
                     : payment.status == PaymentStatus::refunded
                         ? "All of the payment has been refunded"
                         : "It is too late to refund this payment through Alipay",
            .payment_id = payment.id};
}

ApiProblem exceeds(const Payment& payment, Money left) {
    return {.status = 409,
            .code = "refund_exceeds",
            .title = "Refunds together may not exceed the payment; " + std::to_string(left.fen()) +
                     " fen are left",
            .fields = {{.where = "/amount", .what = "is more than is left"}},
            .payment_id = payment.id,
            .members = R"(,"refundable":)" + std::to_string(left.fen())};
}

ApiProblem number_reused(const Payment& payment) {
    return {.status = 422,
            .code = "out_request_no_reused",
            .title = "This out_request_no belongs to a refund of another amount",
            .fields = {{.where = "/amount", .what = "differs from the first request's"}},
            .payment_id = payment.id};
}

// What the payment's state and its other refunds allow; nothing: all is well.
std::optional<ApiProblem> obstacle(const Payment& payment, const std::vector<Refund>& others,
                                   const callbacks::App& app, const WantedRefund& wanted) {
    const Timestamp now = wanted.keyed.now;
    const bool in_window = payment.paid_at && now < *payment.paid_at + app.rules.refund_window;
    if (payment.status != PaymentStatus::paid || !in_window) return not_refundable(payment);
    const std::int64_t left = payment.amount.fen() - ledger::sums_of(others).live.fen();
    if (wanted.request.amount.fen() > left) {
        return exceeds(payment, Money::from_fen(std::max<std::int64_t>(left, 0)));
    }
    return std::nullopt;
}

ledger::Origin origin_of(const WantedRefund& wanted) {
    return {.cause = ledger::Cause::api,
            .cause_id = wanted.caller->id,
            .request_id = wanted.request_id};
}

Result<RefundOutcome> again(ledger::Books& books, Refund refund, const WantedRefund& wanted) {
    TOLLGATE_DO(callbacks::request_again(books, refund, origin_of(wanted), wanted.keyed.now));
    TOLLGATE_DO(begin_under_key(books, wanted.keyed, wanted.busy_until));
    return RefundOutcome{
        .kind = RefundOutcome::Kind::requested, .refund = std::move(refund), .response = {}};
}

Result<RefundOutcome> add(ledger::Books& books, const Payment& payment, const WantedRefund& wanted,
                          Entropy& entropy) {
    Refund refund;
    refund.id = make_id("ref", wanted.keyed.now, entropy);
    refund.payment = payment.row;
    refund.out_request_no = wanted.request.out_request_no;
    refund.amount = wanted.request.amount;
    refund.reason = wanted.request.reason;
    refund.created_at = wanted.keyed.now;
    refund.updated_at = wanted.keyed.now;
    refund.next_sweep_at = wanted.keyed.now;
    TOLLGATE_DO(books.refunds().add(refund, origin_of(wanted)));
    TOLLGATE_DO(begin_under_key(books, wanted.keyed, wanted.busy_until));
    return RefundOutcome{
        .kind = RefundOutcome::Kind::requested, .refund = std::move(refund), .response = {}};
}

}  // namespace

RefundRequest read_refund_request(const std::string& payment_id, std::string_view body,
                                  std::vector<config::Problem>& problems) {
    RefundRequest request;
    request.payment_id = payment_id;
    std::int64_t fen = 0;
    std::string reason;
    read_body(body, problems, [&](config::Section& section) {
        section.need_text("out_request_no", request.out_request_no);
        if (!request.out_request_no.empty() && !is_number(request.out_request_no)) {
            section.problem_at("out_request_no", "1 to 64 letters, digits and '_' are needed");
        }
        section.need_integer("amount", fen, 1, kRefundFenMax);
        section.may_have_text("reason", reason);
        if (utf8_characters(reason) > kReasonCharactersMax) {
            section.problem_at("reason", "up to 256 characters are allowed");
        }
    });
    request.amount = Money::from_fen(fen);
    if (!reason.empty()) request.reason = reason;
    JsonObject fingerprint;
    fingerprint.text("does", "refund")
        .text("payment", payment_id)
        .text("out_request_no", request.out_request_no)
        .number("amount", fen)
        .text("reason", reason);
    request.fingerprint = std::move(fingerprint).end();
    return request;
}

Result<RefundOutcome> refund_in_books(ledger::Books& books, const callbacks::Apps& apps,
                                      const WantedRefund& wanted, Entropy& entropy) {
    TOLLGATE_TRY(const auto payment, books.read().payment_by_id(wanted.request.payment_id));
    const callbacks::AppRef app = payment ? apps.find(payment->app) : nullptr;
    if (app == nullptr || !wanted.caller->may_see(payment->app)) {
        return answered(no_such_payment());
    }
    TOLLGATE_TRY(const auto met, meet_key(books.read(), wanted.keyed));
    if (met) {
        return RefundOutcome{.kind = RefundOutcome::Kind::answered,
                             .refund = {},
                             .response = to_response(*met, wanted.keyed.fingerprint)};
    }
    TOLLGATE_TRY(auto known, books.read().refunds().one(*payment, wanted.request.out_request_no));
    if (known && known->amount != wanted.request.amount) return answered(number_reused(*payment));
    if (known && known->status != RefundStatus::failed) {
        return RefundOutcome{
            .kind = RefundOutcome::Kind::replayed, .refund = *std::move(known), .response = {}};
    }
    TOLLGATE_TRY(const auto others, books.read().refunds().of(*payment));
    if (const auto problem = obstacle(*payment, others, *app, wanted)) return answered(*problem);
    if (known) return again(books, *std::move(known), wanted);
    return add(books, *payment, wanted, entropy);
}

}  // namespace tollgate::gateway
