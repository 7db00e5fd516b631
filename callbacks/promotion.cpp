#include "callbacks/promotion.h"

#include <algorithm>

#include "base/check.h"
#include "base/id.h"
#include "base/json_object.h"
#include "callbacks/difference.h"
#include "callbacks/event.h"
#include "ledger/refund_proof.h"

namespace tollgate::callbacks {
namespace {

// An order has a handful of tries; more than this are somebody else's problem.
constexpr int kTriesLookedAtMax = 100;

bool money_is_here(ledger::PaymentStatus status) {
    return status == ledger::PaymentStatus::paid || status == ledger::PaymentStatus::finished;
}

Result<bool> order_is_paid_already(ledger::Books& books, const ledger::Payment& payment) {
    if (!payment.order) return false;
    TOLLGATE_TRY(const auto tries,
                 books.read().payments_of_order(payment.app, *payment.order, kTriesLookedAtMax));
    return std::ranges::any_of(tries, [&](const ledger::Payment& other) {
        return other.row != payment.row && money_is_here(other.status);
    });
}

// Only what is still there can be held or sent back.
bool policy_applies(const Promotion& promotion, const ledger::Payment& payment) {
    return (payment.late || payment.surplus) &&
           promotion.decision.path.back() != ledger::PaymentStatus::refunded;
}

std::optional<Timestamp> next_look(const Promotion& promotion, const ledger::Payment& payment,
                                   ledger::PaymentStatus step) {
    if (ledger::is_final(step)) return std::nullopt;
    if (step != ledger::PaymentStatus::paid) return promotion.next_sweep_at;
    if (promotion.origin.cause == ledger::Cause::query) {
        return promotion.now + kNotificationPatience;
    }
    return payment.paid_at.value_or(promotion.paid_at.value_or(promotion.now)) +
           promotion.rules.refund_window;
}

Result<Done> apply_late_policy(ledger::Books& books, ledger::Payment& payment,
                               const Promotion& promotion, Entropy& entropy) {
    const std::string what = payment.late ? "late_payment" : "surplus_payment";
    const bool can_refund = payment.status == ledger::PaymentStatus::paid;
    if (promotion.rules.late == config::LatePolicy::accept) return Done{};
    if (promotion.rules.late == config::LatePolicy::refund && can_refund) {
        return request_policy_refund(
            books, payment, {.reason = what, .origin = promotion.origin, .now = promotion.now},
            entropy);
    }
    JsonObject evidence;
    evidence.text("payment_id", payment.id)
        .text("out_trade_no", payment.out_trade_no)
        .text("total_amount", payment.amount.to_yuan())
        .time("paid_at", payment.paid_at);
    TOLLGATE_TRY([[maybe_unused]] const bool opened,
                 open_difference(books, &payment,
                                 {.app = payment.app,
                                  .difference_class = what,
                                  .trade_no = payment.trade_no.value_or(payment.id),
                                  .evidence = std::move(evidence).end(),
                                  .origin = promotion.origin,
                                  .now = promotion.now},
                                 entropy));
    return Done{};
}

// A number is bound to the amount that it was first used with, at Alipay as well. So what is left
// goes under the first one of ours that is free, or belongs to a failed refund of just that amount.
struct PolicyNumber {
    std::string text;
    std::optional<ledger::Refund> failed;
};
PolicyNumber choose_number(const ledger::Payment& payment,
                           const std::vector<ledger::Refund>& refunds, Money left) {
    const std::string first = policy_refund_number(payment);
    std::string text = first;
    for (int next = 2;; ++next) {
        const auto known = std::ranges::find(refunds, text, &ledger::Refund::out_request_no);
        if (known == refunds.end()) return {.text = std::move(text), .failed = std::nullopt};
        const bool may_repeat = known->status == ledger::RefundStatus::failed;
        if (may_repeat && known->amount == left) return {.text = text, .failed = *known};
        text = first + "_" + std::to_string(next);
    }
}

}  // namespace

Result<Done> promote(ledger::Books& books, ledger::Payment& payment, const Promotion& promotion,
                     Entropy& entropy) {
    TOLLGATE_CHECK(promotion.decision.kind == ledger::Decision::Kind::move);
    bool money_came = false;
    for (const ledger::PaymentStatus step : promotion.decision.path) {
        ledger::PaymentChange change{.to = step,
                                     .trade_no = promotion.trade_no,
                                     .paid_at = std::nullopt,
                                     .next_sweep_at = next_look(promotion, payment, step),
                                     .failure = promotion.failure,
                                     .cancelling = promotion.cancelling};
        if (step == ledger::PaymentStatus::paid) {
            money_came = true;
            change.paid_at = promotion.paid_at.value_or(promotion.now);
            change.late = promotion.decision.late;
            change.close_requested = payment.status == ledger::PaymentStatus::closing;
            TOLLGATE_TRY(change.surplus, order_is_paid_already(books, payment));
        }
        TOLLGATE_DO(books.change_payment(payment, change, promotion.origin, promotion.now));
        if (const auto type = event_type_of(step)) {
            TOLLGATE_DO(books.add_event(payment_event(*type, payment, promotion.now, entropy)));
        }
    }
    if (!money_came || !policy_applies(promotion, payment)) return Done{};
    return apply_late_policy(books, payment, promotion, entropy);
}

std::string policy_refund_number(const ledger::Payment& payment) {
    return "refund_" + payment.id;
}

Result<Done> request_policy_refund(ledger::Books& books, const ledger::Payment& payment,
                                   const PolicyRefund& wanted, Entropy& entropy) {
    TOLLGATE_TRY(const auto refunds, books.read().refunds().of(payment));
    const std::int64_t left = payment.amount.fen() - ledger::sums_of(refunds).live.fen();
    if (left <= 0) return Done{};
    PolicyNumber number = choose_number(payment, refunds, Money::from_fen(left));
    if (number.failed) return request_again(books, *number.failed, wanted.origin, wanted.now);
    ledger::Refund refund;
    refund.id = make_id("ref", wanted.now, entropy);
    refund.payment = payment.row;
    refund.out_request_no = std::move(number.text);
    refund.amount = Money::from_fen(left);
    refund.origin = ledger::RefundOrigin::policy;
    refund.reason = wanted.reason;
    refund.created_at = wanted.now;
    refund.updated_at = wanted.now;
    refund.next_sweep_at = wanted.now;
    return books.refunds().add(refund, wanted.origin);
}

Result<Done> request_again(ledger::Books& books, ledger::Refund& refund,
                           const ledger::Origin& origin, Timestamp now) {
    const auto step = ledger::decide(refund, ledger::RefundInput::requested_again, now);
    ledger::Refund next = refund;
    next.status = step.status;
    next.proof = step.proof;
    next.next_sweep_at = step.next_at;
    next.failure = std::nullopt;
    return books.refunds().change(refund, std::move(next), origin, now);
}

}  // namespace tollgate::callbacks
