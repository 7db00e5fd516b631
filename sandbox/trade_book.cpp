#include "sandbox/trade_book.h"

#include <array>
#include <cstdio>
#include <span>

#include "base/time_text.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

std::string number_key(std::string_view seller_id, std::string_view out_trade_no) {
    return std::string(seller_id) + "/" + std::string(out_trade_no);
}

std::string number_key(const PayOrder& order) {
    return number_key(order.seller_id, order.out_trade_no);
}

template <typename Value>
Value* found_in(const std::unordered_map<std::string, Value*>& map, std::string_view key) {
    const auto found = map.find(std::string(key));
    return found == map.end() ? nullptr : found->second;
}

Error has_closed() {
    return refusal("ACQ.TRADE_HAS_CLOSE", "交易已经关闭");
}
Error has_success() {
    return refusal("ACQ.TRADE_HAS_SUCCESS", "交易已被支付");
}
Error inconsistent() {
    return refusal("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改：同一商户订单号的交易信息不一致");
}
Error too_late() {
    return refusal("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "当前时间已超过允许支付的时间");
}

}  // namespace

Result<const Trade*> TradeBook::open(const PayOrder& order, Timestamp now) {
    expire(now);
    if (const Trade* known = find_by_number(order)) {
        switch (known->status) {
            case TradeStatus::trade_success: return has_success();
            case TradeStatus::trade_closed: return has_closed();
            case TradeStatus::wait_buyer_pay: break;
        }
        if (!same_order(known->order, order)) return inconsistent();
        return known;
    }
    if (order.expires_at <= now) return too_late();
    if (trades_.size() == kTradesMax) forget_oldest();
    trades_.push_back({.order = order,
                       .trade_no = new_trade_no(now),
                       .cashier = random_text(16),
                       .nonce = random_text(16),
                       .created_at = now});
    Trade& trade = trades_.back();
    by_trade_no_[trade.trade_no] = &trade;
    by_number_[number_key(order)] = &trade;
    by_cashier_[trade.cashier] = &trade;
    by_expiry_.emplace(order.expires_at, &trade);
    return &trade;
}

Result<std::string> TradeBook::offer(const PayOrder& order, Timestamp now) {
    if (find_by_number(order) != nullptr) {
        // Only to learn whether Alipay would refuse it: the trade exists already.
        TOLLGATE_TRY([[maybe_unused]] const Trade* known, open(order, now));
    }
    if (order.expires_at <= now) return too_late();
    if (const Offer* known = found_in(offer_by_number_, number_key(order))) {
        if (!same_order(known->order, order)) return inconsistent();
        return known->code;
    }
    if (offers_.size() == kTradesMax) {
        offer_by_code_.erase(offers_.front().code);
        offer_by_number_.erase(number_key(offers_.front().order));
        offers_.pop_front();
    }
    offers_.push_back({.order = order, .code = random_text(12)});
    offer_by_code_[offers_.back().code] = &offers_.back();
    offer_by_number_[number_key(order)] = &offers_.back();
    return offers_.back().code;
}

Result<const Trade*> TradeBook::scan(std::string_view code, Timestamp now) {
    const Offer* offer = found_in(offer_by_code_, code);
    if (offer == nullptr) return refusal("ACQ.TRADE_NOT_EXIST", "二维码无效");
    return open(offer->order, now);
}

const Trade* TradeBook::by_out_trade_no(std::string_view seller_id, std::string_view out_trade_no) {
    return found_in(by_number_, number_key(seller_id, out_trade_no));
}

const Trade* TradeBook::by_trade_no(std::string_view trade_no) {
    return find(trade_no);
}

const Trade* TradeBook::by_cashier(std::string_view cashier) {
    return found_in(by_cashier_, cashier);
}

Result<const Trade*> TradeBook::pay(std::string_view trade_no, Timestamp now) {
    expire(now);
    Trade* trade = find(trade_no);
    if (trade == nullptr) return refusal("ACQ.TRADE_NOT_EXIST", "交易不存在");
    switch (trade->status) {
        case TradeStatus::trade_success: return has_success();
        case TradeStatus::trade_closed: return has_closed();
        case TradeStatus::wait_buyer_pay: break;
    }
    trade->status = TradeStatus::trade_success;
    trade->paid_at = now;
    return trade;
}

Result<const Trade*> TradeBook::close(std::string_view trade_no, Timestamp now) {
    expire(now);
    Trade* trade = find(trade_no);
    if (trade == nullptr) return refusal("ACQ.TRADE_NOT_EXIST", "交易不存在");
    if (trade->status != TradeStatus::wait_buyer_pay) {
        return refusal("ACQ.REASON_TRADE_STATUS_INVALID", "交易状态不合法，不能关闭");
    }
    trade->status = TradeStatus::trade_closed;
    trade->closed_at = now;
    return trade;
}

std::size_t TradeBook::expire(Timestamp now) {
    std::size_t closed = 0;
    while (!by_expiry_.empty() && by_expiry_.begin()->first <= now) {
        Trade& trade = *by_expiry_.begin()->second;
        by_expiry_.erase(by_expiry_.begin());
        if (trade.status != TradeStatus::wait_buyer_pay) continue;
        trade.status = TradeStatus::trade_closed;
        trade.closed_at = trade.order.expires_at;
        ++closed;
    }
    return closed;
}

std::vector<Trade> TradeBook::newest(std::size_t limit) const {
    std::vector<Trade> list;
    for (auto trade = trades_.rbegin(); trade != trades_.rend() && list.size() < limit; ++trade) {
        list.push_back(*trade);
    }
    return list;
}

Trade* TradeBook::find(std::string_view trade_no) {
    return found_in(by_trade_no_, trade_no);
}

Trade* TradeBook::find_by_number(const PayOrder& order) {
    return found_in(by_number_, number_key(order));
}

std::string TradeBook::random_text(std::size_t bytes) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::array<std::uint8_t, 32> random{};
    entropy_.fill(std::span(random).first(bytes));
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) {
        text += kHex[random.at(i) / 16U];
        text += kHex[random.at(i) % 16U];
    }
    return text;
}

// Day, a fixed part, and a number that never repeats: 28 digits, like Alipay's.
std::string TradeBook::new_trade_no(Timestamp now) {
    std::string day = to_beijing(now).substr(0, 10);
    std::erase(day, '-');
    const std::uint64_t second = static_cast<std::uint64_t>(now.ms / 1000) % 86'400;
    std::array<char, 24> rest{};
    static_cast<void>(std::snprintf(rest.data(), rest.size(), "%05u%011llu",
                                    static_cast<unsigned>(second),
                                    static_cast<unsigned long long>(++made_)));  // NOLINT
    return day + "2200" + rest.data();
}

void TradeBook::forget_oldest() {
    const Trade& oldest = trades_.front();
    by_trade_no_.erase(oldest.trade_no);
    by_number_.erase(number_key(oldest.order));
    by_cashier_.erase(oldest.cashier);
    std::erase_if(by_expiry_, [&oldest](const auto& entry) { return entry.second == &oldest; });
    trades_.pop_front();
}

}  // namespace tollgate::sandbox
