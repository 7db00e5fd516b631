#include "gateway/trade_answers.h"

#include "base/time_text.h"

namespace tollgate::gateway {
namespace {

std::string why_of(const Result<AlipayAnswer>& answer) {
    if (!answer) return answer.error().message();
    return answer->code + " " + answer->sub_code + " " + answer->message;
}

bool is_no_trade(const AlipayAnswer& answer) {
    return answer.kind == AlipayAnswer::Kind::refused &&
           plain_code(answer.sub_code) == "TRADE_NOT_EXIST";
}

QueryFinding unclear(std::string why) {
    QueryFinding finding;
    finding.why = std::move(why);
    return finding;
}

// A sum of zero is no sign of money: some answers carry every member.
bool has_amount(const AlipayAnswer& answer, const char* name) {
    const auto amount = Money::parse_yuan(answer.text(name));
    return amount && amount->fen() > 0;
}

QueryFinding read_trade(const AlipayAnswer& answer) {
    QueryFinding finding;
    finding.out_trade_no = answer.text("out_trade_no");
    finding.trade_no = answer.text("trade_no");
    finding.trade_status = answer.text("trade_status");
    if (finding.trade_no.empty() || finding.trade_status.empty()) {
        return unclear("the answer has no trade_no or no trade_status");
    }
    const auto total = Money::parse_yuan(answer.text("total_amount"));
    if (!total) return unclear("total_amount: " + total.error().message());
    finding.total_amount = *total;
    std::string paid = answer.text("send_pay_date");
    if (paid.empty()) paid = answer.text("gmt_payment");
    if (!paid.empty()) {
        const auto at = parse_beijing(paid);
        if (!at) return unclear("send_pay_date: " + at.error().message());
        finding.paid_at = *at;
    }
    finding.money_went_back =
        !answer.text("gmt_refund").empty() || has_amount(answer, "refund_fee");
    finding.kind = QueryFinding::Kind::trade;
    return finding;
}

}  // namespace

QueryFinding read_query(const Result<AlipayAnswer>& answer) {
    if (!answer) return unclear(why_of(answer));
    // The client never calls an unsigned answer anything but unknown.
    if (answer->kind == AlipayAnswer::Kind::done) return read_trade(*answer);
    QueryFinding finding = unclear(why_of(answer));
    if (is_no_trade(*answer)) finding.kind = QueryFinding::Kind::no_trade;
    if (answer->kind == AlipayAnswer::Kind::wait) finding.kind = QueryFinding::Kind::not_now;
    return finding;
}

std::optional<ledger::Input> input_of(const QueryFinding& finding) {
    if (finding.trade_status == "WAIT_BUYER_PAY") return ledger::Input::trade_waiting;
    if (finding.trade_status == "TRADE_SUCCESS") return ledger::Input::trade_paid;
    if (finding.trade_status == "TRADE_FINISHED") return ledger::Input::trade_finished;
    if (finding.trade_status != "TRADE_CLOSED") return std::nullopt;
    const bool money_came = finding.paid_at || finding.money_went_back;
    return money_came ? ledger::Input::trade_refunded : ledger::Input::trade_closed_unpaid;
}

CancelFinding read_cancel(const Result<AlipayAnswer>& answer) {
    CancelFinding finding;
    finding.why = why_of(answer);
    if (!answer) return finding;
    finding.trade_no = answer->text("trade_no");
    switch (answer->kind) {
        case AlipayAnswer::Kind::wait:
        case AlipayAnswer::Kind::unknown: return finding;
        case AlipayAnswer::Kind::refused:
            finding.kind =
                is_no_trade(*answer) ? CancelFinding::Kind::nothing : CancelFinding::Kind::refused;
            return finding;
        case AlipayAnswer::Kind::done: break;
    }
    const std::string action = answer->text("action");
    if (answer->text("retry_flag") == "Y") return finding;
    if (action == "close") {
        finding.kind = CancelFinding::Kind::closed;
    } else if (action == "refund") {
        finding.kind = CancelFinding::Kind::refunded;
    } else if (action.empty()) {
        finding.kind = CancelFinding::Kind::nothing;
    }
    return finding;
}

}  // namespace tollgate::gateway
