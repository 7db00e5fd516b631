#include "ledger/payment.h"

#include "base/check.h"
#include "base/json_object.h"

namespace tollgate::ledger {
std::string_view name_of(Cause cause) {
    switch (cause) {
        case Cause::api: return "api";
        case Cause::notification: return "notification";
        case Cause::query: return "query";
        case Cause::bill: return "bill";
        case Cause::timer: return "timer";
        case Cause::operator_: return "operator";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::string to_json(const Payment& payment) {
    JsonObject json;
    json.text("id", payment.id)
        .text("app", payment.app)
        .text("out_trade_no", payment.out_trade_no)
        .maybe_text("order", payment.order)
        .text("product", payment.product)
        .text("status", name_of(payment.status))
        .number("version", payment.version)
        .number("amount", payment.amount.fen())
        .text("currency", "CNY")
        .text("subject", payment.subject)
        .text("seller_id", payment.seller_id)
        .maybe_text("trade_no", payment.trade_no)
        .time("created_at", payment.created_at)
        .time("expires_at", payment.expires_at)
        .time("paid_at", payment.paid_at)
        .yes("late", payment.late)
        .yes("surplus", payment.surplus)
        .yes("held", payment.held)
        .yes("close_requested", payment.close_requested);
    if (payment.failure) json.text("failure", *payment.failure);
    json.raw("metadata", payment.metadata.value_or("{}"));
    return std::move(json).end();
}

}  // namespace tollgate::ledger
