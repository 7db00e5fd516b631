#include "callbacks/refund_report.h"

#include "base/json_object.h"
#include "callbacks/notification_kind.h"

namespace tollgate::callbacks {
namespace {

using ledger::Refund;
using ledger::RefundStatus;

bool is_over(const Refund& refund) {
    return refund.status == RefundStatus::succeeded || refund.status == RefundStatus::failed;
}

Result<Done> ask_soon(ledger::Books& books, Refund refund, const ledger::Origin& origin,
                      Timestamp now) {
    Refund next = refund;
    // A call under way knows more when its answer comes.
    if (refund.proof.open_call || !refund.proof.last_attempt_at) return Done{};
    next.proof.query_next = true;
    next.next_sweep_at = now;
    return books.refunds().change(refund, std::move(next), origin, now);
}

Result<Done> note_deposit_back(ledger::Books& books, Refund refund, const TradeNotification& report,
                               const ledger::Origin& origin, Timestamp now) {
    JsonObject json;
    json.text("dback_status", *report.dback_status);
    Refund next = refund;
    next.deposit_back = std::move(json).end();
    return books.refunds().change(refund, std::move(next), origin, now);
}

// The report names no number: every refund that is not over may be meant. When those that are do
// not explain it, it may be one that somebody made at Alipay's own pages without a number.
Result<Done> take_nameless(ledger::Books& books, const ledger::Payment& payment,
                           const TradeNotification& report, const ledger::Origin& origin,
                           Timestamp now) {
    TOLLGATE_TRY(const auto refunds, books.read().refunds().of(payment));
    bool one_is_open = false;
    for (const Refund& refund : refunds) {
        if (is_over(refund)) continue;
        one_is_open = true;
        TOLLGATE_DO(ask_soon(books, refund, origin, now));
    }
    if (one_is_open) return Done{};
    const auto fee = Money::parse_yuan(report.refund_fee.value_or(""));
    if (fee && *fee <= ledger::sums_of(refunds).succeeded) return Done{};
    return books.refunds().report(payment, payment.out_trade_no, now);
}

}  // namespace

Result<Done> take_refund_report(ledger::Books& books, const ledger::Payment& payment,
                                const TradeNotification& report, const ledger::Origin& origin,
                                Timestamp now) {
    if (!report.out_biz_no) return take_nameless(books, payment, report, origin, now);
    TOLLGATE_TRY(auto known, books.read().refunds().one(payment, *report.out_biz_no));
    if (!known || known->status == RefundStatus::failed) {
        return books.refunds().report(payment, *report.out_biz_no, now);
    }
    if (!is_over(*known)) return ask_soon(books, *std::move(known), origin, now);
    if (!report.dback_status) return Done{};
    return note_deposit_back(books, *std::move(known), report, origin, now);
}

Result<Done> take_deposit_back(ledger::Books& books, const ledger::Payment& payment,
                               const signing::Fields& message, const ledger::Origin& origin,
                               Timestamp now) {
    const auto number = business_value(message, "out_request_no");
    if (!number || !business_value(message, "dback_status")) return Done{};
    TOLLGATE_TRY(auto known, books.read().refunds().one(payment, *number));
    if (!known || known->status == RefundStatus::failed) {
        return books.refunds().report(payment, *number, now);
    }
    JsonObject json;
    json.text("has_deposit_back", "true");
    for (const char* const name :
         {"dback_status", "dback_amount", "bank_ack_time", "est_bank_receipt_time"}) {
        if (const auto value = business_value(message, name)) json.text(name, *value);
    }
    Refund next = *known;
    next.deposit_back = std::move(json).end();
    TOLLGATE_DO(books.refunds().change(*known, std::move(next), origin, now));
    return is_over(*known) ? Result<Done>(Done{}) : ask_soon(books, *std::move(known), origin, now);
}

}  // namespace tollgate::callbacks
