#include "gateway/reconcile/evidence.h"

#include "base/json_object.h"
#include "base/time_text.h"

namespace tollgate::gateway::reconcile {
namespace {

void add_text(JsonObject& json, std::string_view name, std::string_view text) {
    if (!text.empty()) json.text(name, text);
}

}  // namespace

std::string evidence_of(const ledger::Reconciliation& reconciliation, const ReportRow& row,
                        const std::optional<BilledLine>& line) {
    JsonObject json;
    json.text("source", "bill")
        .text("reconciliation", reconciliation.id)
        .text("seller_id", reconciliation.day.seller_id)
        .text("bill_date", reconciliation.day.date);
    add_text(json, "out_trade_no", row.out_trade_no);
    add_text(json, "trade_no", row.trade_no);
    add_text(json, "out_request_no", row.out_request_no);
    if (line && row.line && row.billed) {
        const bool is_payment = line->kind == bill::TradeLine::Kind::payment;
        json.text("bill_line", std::to_string(*row.line))
            .text("bill_kind", is_payment ? "payment" : "refund")
            .text(is_payment ? "total_amount" : "refund_fee", row.billed->to_yuan())
            .text(is_payment ? "gmt_payment" : "gmt_refund", to_beijing(line->done_at));
    }
    if (row.ours) json.text("our_amount", row.ours->to_yuan());
    add_text(json, "our_status", row.status);
    add_text(json, "detail", row.detail);
    return std::move(json).end();
}

}  // namespace tollgate::gateway::reconcile
