#include "gateway/trade_judgement.h"

#include "base/check.h"
#include "base/json_object.h"
#include "callbacks/judgement.h"

namespace tollgate::gateway {
namespace {

using ledger::Payment;
using ledger::PaymentStatus;

bool is_barcode(const Payment& payment) {
    return payment.product == "barcode";
}

// Products whose payment is made by a call of ours that may be made again, with the same number.
bool is_made_by_call(const Payment& payment) {
    return payment.product == "qr" || payment.product == "jsapi";
}

// A payment that its buyer has less time for than this is not begun again.
constexpr std::chrono::seconds kWorthCreating{60};

}  // namespace

std::string_view failed_check(const Payment& payment, const QueryFinding& finding,
                              const std::optional<Payment>& holder) {
    if (!finding.out_trade_no.empty() && finding.out_trade_no != payment.out_trade_no) {
        return "out_trade_no_mismatch";
    }
    if (finding.total_amount != payment.amount) return "amount_mismatch";
    if (payment.trade_no && *payment.trade_no != finding.trade_no) return "trade_no_mismatch";
    if (holder && holder->row != payment.row) return "trade_no_taken";
    if (finding.paid_at && *finding.paid_at + callbacks::kPayTimeTolerance < payment.created_at) {
        return "paid_before_created";
    }
    return {};
}

std::string evidence_of(const QueryFinding& finding) {
    JsonObject json;
    json.text("source", "query");
    if (!finding.out_trade_no.empty()) json.text("out_trade_no", finding.out_trade_no);
    if (!finding.trade_no.empty()) json.text("trade_no", finding.trade_no);
    if (!finding.trade_status.empty()) json.text("trade_status", finding.trade_status);
    if (finding.total_amount) json.text("total_amount", finding.total_amount->to_yuan());
    if (finding.paid_at) json.time("paid_at", finding.paid_at);
    return std::move(json).end();
}

std::string_view name_of(TradeCall call) {
    switch (call) {
        case TradeCall::none: return "none";
        case TradeCall::query: return "query";
        case TradeCall::close: return "close";
        case TradeCall::cancel: return "cancel";
        case TradeCall::create: return "create";
    }
    TOLLGATE_CHECK(false);
    return {};
}

TradeCall next_call(const Payment& payment, const QueryFinding& finding, const ErrandSoFar& so_far,
                    Timestamp now) {
    if (payment.held || finding.kind == QueryFinding::Kind::not_now) return TradeCall::none;
    if (payment.status == PaymentStatus::closing) {
        if (payment.cancelling) return so_far.cancelled ? TradeCall::none : TradeCall::cancel;
        return finding.is_waiting() && !so_far.closed ? TradeCall::close : TradeCall::none;
    }
    const bool may_create = payment.status == PaymentStatus::unknown && is_made_by_call(payment) &&
                            finding.kind == QueryFinding::Kind::no_trade && !so_far.created &&
                            now + kWorthCreating < payment.expires_at;
    return may_create ? TradeCall::create : TradeCall::none;
}

TimersWish wish_of_timer(const Payment& payment, const QueryFinding& finding,
                         const TimeSense& time) {
    if (payment.held || ledger::is_final(payment.status)) return TimersWish::nothing;
    if (payment.status == PaymentStatus::paid) return TimersWish::nothing;
    const bool no_trade = finding.kind == QueryFinding::Kind::no_trade;
    const bool over = time.trusted && time.now >= payment.expires_at;
    if (no_trade && over && time.now >= payment.expires_at + kExpiryGrace && !payment.trade_no) {
        return TimersWish::expired;
    }
    if (payment.status == PaymentStatus::closing) return TimersWish::nothing;
    const bool in_doubt = payment.status == PaymentStatus::unknown && is_barcode(payment) &&
                          (no_trade || finding.kind == QueryFinding::Kind::unclear);
    // Only once the call's last copy has surely come: a clock that jumped knows nothing of that.
    const bool waited = time.trusted && time.now >= payment.created_at + kBarcodePatience;
    if (in_doubt && waited) return TimersWish::cancel;
    return over && finding.is_waiting() ? TimersWish::close : TimersWish::nothing;
}

std::optional<Timestamp> ends_by(const Payment& payment) {
    if (ledger::is_final(payment.status) || payment.status == PaymentStatus::paid) {
        return std::nullopt;
    }
    return payment.expires_at + kExpiryGrace;
}

}  // namespace tollgate::gateway
