#include "gateway/preauth_answers.h"

#include "gateway/answers.h"

namespace tollgate::gateway {
namespace {

using FindingKind = PreauthFinding::Kind;

std::string preauth_words(const AlipayAnswer& answer) {
    return (answer.sub_code.empty() ? answer.code : answer.sub_code) + " " + answer.message;
}

bool is_positive(const AlipayAnswer& answer, const char* name) {
    const auto amount = Money::parse_yuan(answer.text(name));
    return amount && amount->fen() > 0;
}

bool is_zero(const AlipayAnswer& answer, const char* name) {
    const auto amount = Money::parse_yuan(answer.text(name));
    return amount && amount->fen() == 0;
}

// The order's status counts before the operation's: a freeze that succeeded may be over.
FindingKind kind_of_freeze(const AlipayAnswer& answer) {
    const std::string order = answer.text("order_status");
    const std::string operation = answer.text("status");
    if (order == "FINISH" || order == "CLOSED" || operation == "CLOSED") return FindingKind::ended;
    const bool agreed = order == "AUTHORIZED" || (order.empty() && operation == "SUCCESS");
    if (agreed) return is_zero(answer, "rest_amount") ? FindingKind::ended : FindingKind::frozen;
    return operation == "INIT" || order == "INIT" ? FindingKind::waiting : FindingKind::unclear;
}

void read_done(PreauthCall call, const AlipayAnswer& answer, PreauthFinding& finding) {
    switch (call) {
        case PreauthCall::freeze:
        case PreauthCall::freeze_again:
            if (const std::string code = answer.text("code_value"); !code.empty()) {
                finding.kind = FindingKind::waiting;
                finding.action = action_json("qr", "qr_code", code);
                return;
            }
            [[fallthrough]];
        case PreauthCall::freeze_query:
            finding.kind = kind_of_freeze(answer);
            finding.auth_no = answer.text("auth_no");
            finding.payer_id = answer.text("payer_user_id");
            if (const auto amount = Money::parse_yuan(answer.text("amount"))) {
                finding.amount = *amount;
            }
            finding.was_paid_from = is_positive(answer, "total_pay_amount");
            // Without its number there is nothing that could be paid or let go.
            if (finding.kind == FindingKind::frozen && finding.auth_no.empty()) {
                finding.kind = FindingKind::unclear;
            }
            if (finding.kind == FindingKind::ended) finding.why = "Alipay has closed it";
            return;
        case PreauthCall::unfreeze:
            finding.kind =
                answer.text("status") == "SUCCESS" ? FindingKind::done : FindingKind::unclear;
            return;
        case PreauthCall::operation_cancel:
        case PreauthCall::pay:
        case PreauthCall::trade_query: finding.kind = FindingKind::done; return;
    }
}

}  // namespace

PreauthCall next_call(const ledger::Preauthorisation& preauth) {
    using ledger::PreauthStatus;
    if (preauth.status == PreauthStatus::confirming) {
        return preauth.ask_next ? PreauthCall::trade_query : PreauthCall::pay;
    }
    if (preauth.status != PreauthStatus::cancelling || preauth.ask_next) {
        return PreauthCall::freeze_query;
    }
    return preauth.frozen_at ? PreauthCall::unfreeze : PreauthCall::operation_cancel;
}

PreauthFinding read_preauth_answer(PreauthCall call, const Result<AlipayAnswer>& answer) {
    PreauthFinding finding;
    if (call == PreauthCall::trade_query) {
        finding.trade = read_query(answer);
        finding.kind = FindingKind::trade;
        return finding;
    }
    if (!answer) {
        finding.why = answer.error().message();
        // Its fields are wrong: it never leaves, however often it is tried. Nor has a first freeze
        // that could not be sent.
        const bool was_not_sent =
            call == PreauthCall::freeze && answer.error().code() == ErrorCode::unavailable;
        if (was_not_sent || answer.error().reason() == "call_not_valid") {
            finding.kind = FindingKind::refused;
        }
        return finding;
    }
    if (answer->kind == AlipayAnswer::Kind::done) {
        read_done(call, *answer, finding);
        return finding;
    }
    finding.why = preauth_words(*answer);
    if (answer->kind != AlipayAnswer::Kind::refused) return finding;
    const std::string code(plain_code(answer->sub_code));
    const bool is_none = code == "AUTH_ORDER_NOT_EXIST" || code == "AUTH_OPERATION_NOT_EXIST";
    finding.kind = is_none && call != PreauthCall::pay ? FindingKind::none : FindingKind::refused;
    return finding;
}

}  // namespace tollgate::gateway
