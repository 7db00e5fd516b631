#include "sandbox/trade.h"

#include <algorithm>

#include "base/check.h"

namespace tollgate::sandbox {

std::string_view name_of(TradeStatus status) {
    switch (status) {
        case TradeStatus::wait_buyer_pay: return "WAIT_BUYER_PAY";
        case TradeStatus::trade_success: return "TRADE_SUCCESS";
        case TradeStatus::trade_finished: return "TRADE_FINISHED";
        case TradeStatus::trade_closed: return "TRADE_CLOSED";
    }
    TOLLGATE_CHECK(false);
}

std::string masked(std::string_view logon_id) {
    constexpr std::size_t kShown = 3;
    constexpr std::size_t kPhoneEnd = 4;
    const auto begins_a_character = [&](std::size_t place) {
        return place >= logon_id.size() ||
               (static_cast<unsigned char>(logon_id[place]) & 0xC0U) != 0x80U;
    };
    std::size_t head = std::min(kShown, logon_id.find('@'));
    while (!begins_a_character(head)) --head;
    const std::string shown(logon_id.substr(0, head));
    if (const auto at = logon_id.find('@'); at != std::string_view::npos) {
        return shown + "***" + std::string(logon_id.substr(at));
    }
    if (logon_id.size() <= kShown + kPhoneEnd) return shown + "****";
    std::size_t tail = logon_id.size() - kPhoneEnd;
    while (!begins_a_character(tail)) ++tail;
    return shown + "****" + std::string(logon_id.substr(tail));
}

Timestamp end_of(const Window& window, Timestamp beginning) {
    if (!window.to_midnight) return beginning + window.length;
    constexpr std::int64_t kDay = 86'400'000;
    constexpr std::int64_t kBeijing = 28'800'000;
    const std::int64_t days = (beginning.ms + kBeijing) / kDay + 1;
    return Timestamp{days * kDay - kBeijing};
}

bool same_order(const PayOrder& left, const PayOrder& right) {
    return left.total == right.total && left.subject == right.subject && left.body == right.body &&
           left.seller_id == right.seller_id && left.product_code == right.product_code;
}

const Refund* find_refund(const Trade& trade, std::string_view out_request_no) {
    const auto found = std::ranges::find(trade.refunds, out_request_no, &Refund::out_request_no);
    return found == trade.refunds.end() ? nullptr : &*found;
}

Money refundable(const Trade& trade) {
    return Money::from_fen(trade.order.total.fen() - trade.refunded.fen());
}

}  // namespace tollgate::sandbox
