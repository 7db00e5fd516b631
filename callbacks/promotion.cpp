#include "callbacks/promotion.h"

#include <algorithm>

#include "base/check.h"
#include "callbacks/event.h"

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

}  // namespace

Result<Done> promote(ledger::Books& books, ledger::Payment& payment, const Promotion& promotion,
                     Entropy& entropy) {
    TOLLGATE_CHECK(promotion.decision.kind == ledger::Decision::Kind::move);
    for (const ledger::PaymentStatus step : promotion.decision.path) {
        ledger::PaymentChange change{.to = step,
                                     .trade_no = promotion.trade_no,
                                     .paid_at = std::nullopt,
                                     .next_sweep_at = promotion.next_sweep_at,
                                     .failure = promotion.failure};
        if (step == ledger::PaymentStatus::paid) {
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
    return Done{};
}

}  // namespace tollgate::callbacks
