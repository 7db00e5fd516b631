#include "gateway/refund_answers.h"

#include "base/time_text.h"

namespace tollgate::gateway {
namespace {

using ledger::RefundInput;

std::string words_of(const AlipayAnswer& answer) {
    return answer.sub_code.empty() ? answer.code + " " + answer.message
                                   : answer.sub_code + " " + answer.message;
}

RefundInput input_of_error(const Error& error) {
    // Its fields are wrong: it never leaves, however often it is tried.
    if (error.reason() == "call_not_valid") return RefundInput::refused;
    return error.code() == ErrorCode::unavailable ? RefundInput::not_sent : RefundInput::ambiguous;
}

RefundInput input_of_done(const AlipayAnswer& answer, Money amount) {
    if (answer.text("fund_change") != "Y") return RefundInput::not_moved;
    // refund_fee is all that was refunded so far, this refund included.
    const auto so_far = Money::parse_yuan(answer.text("refund_fee"));
    return so_far && *so_far < amount ? RefundInput::not_moved : RefundInput::moved;
}

RefundInput input_of_answer(const AlipayAnswer& answer, Money amount) {
    switch (answer.kind) {
        case AlipayAnswer::Kind::done: return input_of_done(answer, amount);
        case AlipayAnswer::Kind::unknown: return RefundInput::ambiguous;
        case AlipayAnswer::Kind::wait:
            // Only call limits say that this call was not even looked at.
            return answer.code == "40005" ? RefundInput::not_now : RefundInput::ambiguous;
        case AlipayAnswer::Kind::refused: break;
    }
    return plain_code(answer.sub_code) == "DISCORDANT_REPEAT_REQUEST" ? RefundInput::other_amount
                                                                      : RefundInput::refused;
}

std::optional<std::string> deposit_back_of(const AlipayAnswer& answer) {
    const auto info = answer.node.find("deposit_back_info");
    if (info == answer.node.end() || !info->is_object()) return std::nullopt;
    return info->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

RefundCallFinding read_refund_call(const Result<AlipayAnswer>& answer, Money amount) {
    if (!answer) return {.input = input_of_error(answer.error()), .why = answer.error().message()};
    RefundCallFinding finding{.input = input_of_answer(*answer, amount)};
    if (finding.input == RefundInput::not_moved) {
        finding.why = "fund_change is not Y";
    } else if (finding.input != RefundInput::moved) {
        finding.why = words_of(*answer);
    }
    return finding;
}

RefundQueryFinding read_refund_query(const Result<AlipayAnswer>& answer) {
    RefundQueryFinding finding;
    if (!answer || answer->kind != AlipayAnswer::Kind::done) {
        finding.why = answer ? words_of(*answer) : answer.error().message();
        return finding;
    }
    const std::string status = answer->text("refund_status");
    const auto amount = Money::parse_yuan(answer->text("refund_amount"));
    const bool has_amount = amount && amount->fen() > 0;
    // Older answers have the refund and no word for its state: there it is done. One that went
    // wrong after it was taken says so by an error_code, and proves nothing either way.
    const bool failed_later = !answer->text("error_code").empty();
    if (status == "REFUND_SUCCESS" || (status.empty() && has_amount && !failed_later)) {
        // Without the sum it proves that there is a refund, and not which.
        if (!has_amount) {
            finding.why = "the answer has no refund_amount";
            return finding;
        }
        finding.input = RefundInput::query_found;
        finding.amount = *amount;
        const auto at = parse_beijing(answer->text("gmt_refund_pay"));
        if (at) finding.refunded_at = *at;
        finding.deposit_back = deposit_back_of(*answer);
        return finding;
    }
    finding.why = status.empty() ? "no refund data" : status;
    const std::string error = answer->text("error_code");
    if (!error.empty()) finding.why += " " + error;
    // It failed after it had been taken, or it is not there: both are "no money moved so far".
    const bool no_data = status.empty() && !has_amount;
    if (no_data || status == "REFUND_FAIL") finding.input = RefundInput::query_empty;
    return finding;
}

}  // namespace tollgate::gateway
