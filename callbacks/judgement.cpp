#include "callbacks/judgement.h"

namespace tollgate::callbacks {
namespace {

using ledger::Decision;
using ledger::Payment;
using ledger::Verdict;

NotificationJudgement rejected(std::string_view reason) {
    return {.verdict = Verdict::rejected, .reason = std::string(reason), .decision = std::nullopt};
}

// The name of the first check that fails, or empty.
std::string_view failed_check(const TradeNotification& notification, const App& app,
                              const KnownPayments& known) {
    if (notification.app_id != app.app_id) return "app_id_mismatch";
    if (!known.of_number) return "unknown_order";
    const Payment& payment = *known.of_number;
    if (notification.total_amount != payment.amount) return "amount_mismatch";
    if (notification.seller_id != payment.seller_id) return "seller_id_mismatch";
    if (payment.trade_no && *payment.trade_no != notification.trade_no) return "trade_no_mismatch";
    if (known.of_trade_no && known.of_trade_no->row != payment.row) return "trade_no_taken";
    if (notification.paid_at && *notification.paid_at + kPayTimeTolerance < payment.created_at) {
        return "paid_before_created";
    }
    return {};
}

NotificationJudgement from_decision(const TradeNotification& notification, const Payment& payment,
                                    const Decision& decision) {
    NotificationJudgement judgement{
        .verdict = Verdict::accepted, .reason = "", .decision = decision};
    judgement.bind_trade_no = !payment.trade_no && !ledger::is_final(payment.status);
    judgement.ask_soon = is_refund_report(notification);
    switch (decision.kind) {
        case Decision::Kind::move: return judgement;
        case Decision::Kind::ask:
            judgement.ask_soon = true;
            judgement.reason = "asks";
            return judgement;
        case Decision::Kind::stay:
            if (judgement.ask_soon) {
                judgement.reason = "refund_report";
            } else if (!judgement.bind_trade_no) {
                judgement.verdict = Verdict::stale;
                judgement.reason = "no_news";
            }
            return judgement;
        case Decision::Kind::contradiction:
        case Decision::Kind::refuse: return rejected("contradiction");
    }
    return rejected("contradiction");
}

}  // namespace

NotificationJudgement judge(const TradeNotification& notification, const App& app,
                            const KnownPayments& known) {
    const std::string_view failed = failed_check(notification, app, known);
    if (!failed.empty()) return rejected(failed);
    const auto input = input_of(notification);
    if (!input) {
        return {.verdict = Verdict::ignored,
                .reason = "unknown_trade_status",
                .decision = std::nullopt,
                .bind_trade_no = false,
                .ask_soon = true};
    }
    const Payment& payment = *known.of_number;
    return from_decision(notification, payment, ledger::decide(payment.status, *input));
}

}  // namespace tollgate::callbacks
