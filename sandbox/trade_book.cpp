#include "sandbox/trade_book.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/time_text.h"
#include "sandbox/random_text.h"
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

Error not_there() {
    return refusal("ACQ.TRADE_NOT_EXIST", "交易不存在");
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
Error has_finished() {
    return refusal("ACQ.TRADE_HAS_FINISHED", "交易已完结");
}
Error wrong_status(const Trade& trade) {
    return refusal("ACQ.TRADE_STATUS_ERROR",
                   "交易状态不合法：" + std::string(name_of(trade.status)));
}
Error too_late() {
    return refusal("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "当前时间已超过允许支付的时间");
}

// When nobody can pay a trade of this order any more that is made now.
Timestamp expiry_of(const PayOrder& order, Timestamp now) {
    return order.window ? end_of(*order.window, now) : order.expires_at;
}

}  // namespace

Result<const Trade*> TradeBook::open(const PayOrder& order, Timestamp now) {
    expire(now);
    if (const Trade* known = find_by_number(order)) {
        switch (known->status) {
            case TradeStatus::trade_success: return has_success();
            case TradeStatus::trade_finished: return has_success();
            case TradeStatus::trade_closed: return has_closed();
            case TradeStatus::wait_buyer_pay: break;
        }
        if (!same_order(known->order, order)) return inconsistent();
        return known;
    }
    const Timestamp expires_at = expiry_of(order, now);
    if (expires_at <= now) return too_late();
    if (trades_.size() >= rules_.trades_max) forget_oldest();
    Entry& entry = trades_.emplace_back();
    static_cast<Trade&>(entry) = {.order = order,
                                  .trade_no = new_trade_no(now),
                                  .cashier = random_hex(entropy_, 16),
                                  .nonce = random_hex(entropy_, 16),
                                  .created_at = now};
    entry.order.expires_at = expires_at;
    entry.due = due_.emplace(expires_at, &entry);
    by_trade_no_[entry.trade_no] = &entry;
    by_number_[number_key(order)] = &entry;
    by_cashier_[entry.cashier] = &entry;
    tell(entry, TradeEvent::created);
    return &entry;
}

Result<std::string> TradeBook::offer(const PayOrder& order, Timestamp now) {
    if (find_by_number(order) != nullptr) {
        // Only to learn whether Alipay would refuse it: the trade exists already.
        TOLLGATE_TRY([[maybe_unused]] const Trade* known, open(order, now));
    }
    if (expiry_of(order, now) <= now) return too_late();
    Offer* known = found_in(offer_by_number_, number_key(order));
    if (known != nullptr && !same_order(known->order, order)) return inconsistent();
    Offer& offer = known != nullptr ? *known : new_offer(order);
    offer.order = order;
    if (!code_lives(offer, now)) renew_code(offer, now);
    return offer.code;
}

// Without a code as yet.
TradeBook::Offer& TradeBook::new_offer(const PayOrder& order) {
    if (offers_.size() >= rules_.trades_max) {
        offer_by_code_.erase(offers_.front().code);
        offer_by_number_.erase(number_key(offers_.front().order));
        offers_.pop_front();
    }
    Offer& offer = offers_.emplace_back();
    offer_by_number_[number_key(order)] = &offer;
    return offer;
}

// As long as its latest request says, from when it was made.
bool TradeBook::code_lives(const Offer& offer, Timestamp now) const {
    if (offer.code.empty() || now >= offer.code_made_at + rules_.code_life) return false;
    const auto& asked = offer.order.code_window;
    return !asked || now < end_of(*asked, offer.code_made_at);
}

void TradeBook::renew_code(Offer& offer, Timestamp now) {
    offer_by_code_.erase(offer.code);
    offer.code = random_hex(entropy_, 12);
    offer.code_made_at = now;
    offer_by_code_[offer.code] = &offer;
}

Result<const Trade*> TradeBook::scan(std::string_view code, Timestamp now) {
    const Offer* offer = found_in(offer_by_code_, code);
    if (offer == nullptr || !code_lives(*offer, now)) {
        return refusal("ACQ.TRADE_NOT_EXIST", "二维码无效或已过期");
    }
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
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    switch (entry->status) {
        case TradeStatus::trade_success: return has_success();
        case TradeStatus::trade_finished: return has_success();
        case TradeStatus::trade_closed: return has_closed();
        case TradeStatus::wait_buyer_pay: break;
    }
    pay_entry(*entry, now);
    return entry;
}

Result<const Trade*> TradeBook::close(std::string_view trade_no, Timestamp now) {
    expire(now);
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    if (entry->status != TradeStatus::wait_buyer_pay) {
        return refusal("ACQ.REASON_TRADE_STATUS_INVALID", "交易状态不合法，不能关闭");
    }
    close_entry(*entry, now);
    return entry;
}

Result<RefundOutcome> TradeBook::refund(std::string_view trade_no, const RefundOrder& order,
                                        Timestamp now) {
    expire(now);
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    if (const Refund* earlier = find_refund(*entry, order.out_request_no)) {
        if (earlier->amount != order.amount) {
            return refusal("ACQ.DISCORDANT_REPEAT_REQUEST",
                           "不一致的请求：同一退款请求号的退款金额不同");
        }
        return RefundOutcome{.trade = entry, .refund = *earlier, .moved = false};
    }
    TOLLGATE_DO(may_refund(*entry, order, now));
    const Refund made = refund_entry(*entry, order, now);
    return RefundOutcome{.trade = entry, .refund = made, .moved = true};
}

Result<CancelOutcome> TradeBook::cancel(std::string_view trade_no, Timestamp now) {
    expire(now);
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    if (now - entry->created_at > rules_.cancel_window) {
        return refusal("ACQ.TRADE_CANCEL_TIME_OUT", "超过撤销时间范围");
    }
    switch (entry->status) {
        case TradeStatus::wait_buyer_pay:
            close_entry(*entry, now);
            return CancelOutcome{.trade = entry, .action = CancelAction::close, .moved = true};
        case TradeStatus::trade_closed:
            return CancelOutcome{
                .trade = entry,
                .action = entry->paid_at ? CancelAction::refund : CancelAction::close,
                .moved = false};
        case TradeStatus::trade_finished: return has_finished();
        case TradeStatus::trade_success: break;
    }
    if (entry->refunded != Money()) {
        return refusal("ACQ.REASON_TRADE_REFUND_FEE_ERR", "交易已部分退款，不能撤销");
    }
    refund_entry(*entry,
                 {.out_request_no = entry->order.out_trade_no,
                  .amount = entry->order.total,
                  .reason = "撤销",
                  .origin = RefundOrigin::cancel},
                 now);
    return CancelOutcome{.trade = entry, .action = CancelAction::refund, .moved = true};
}

Result<const Trade*> TradeBook::finish(std::string_view trade_no, Timestamp now) {
    expire(now);
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    if (entry->status != TradeStatus::trade_success) return wrong_status(*entry);
    finish_entry(*entry);
    return entry;
}

Result<const Trade*> TradeBook::pay_late(std::string_view trade_no, Timestamp now) {
    expire(now);
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    if (entry->status != TradeStatus::trade_closed || entry->paid_at) return wrong_status(*entry);
    entry->closed_at.reset();
    pay_entry(*entry, now);
    return entry;
}

Result<const Trade*> TradeBook::set_deposit_back(std::string_view trade_no,
                                                 std::string_view out_request_no,
                                                 DepositBack result) {
    Entry* entry = find(trade_no);
    if (entry == nullptr) return not_there();
    const auto refund = std::ranges::find(entry->refunds, out_request_no, &Refund::out_request_no);
    if (refund == entry->refunds.end()) return not_there();
    refund->deposit_back = std::move(result);
    return entry;
}

std::size_t TradeBook::expire(Timestamp now) {
    std::size_t changed = 0;
    while (!due_.empty() && due_.begin()->first <= now) {
        Entry& entry = *due_.begin()->second;
        if (entry.status == TradeStatus::wait_buyer_pay) {
            close_entry(entry, entry.order.expires_at);
        } else {
            finish_entry(entry);
        }
        ++changed;
    }
    return changed;
}

std::vector<Trade> TradeBook::newest(std::size_t limit) const {
    std::vector<Trade> list;
    for (auto trade = trades_.rbegin(); trade != trades_.rend() && list.size() < limit; ++trade) {
        list.push_back(*trade);
    }
    return list;
}

TradeBook::Entry* TradeBook::find(std::string_view trade_no) {
    return found_in(by_trade_no_, trade_no);
}

TradeBook::Entry* TradeBook::find_by_number(const PayOrder& order) {
    return found_in(by_number_, number_key(order));
}

Result<Done> TradeBook::may_refund(const Trade& trade, const RefundOrder& order,
                                   Timestamp now) const {
    switch (trade.status) {
        case TradeStatus::wait_buyer_pay: return wrong_status(trade);
        case TradeStatus::trade_closed: return has_closed();
        case TradeStatus::trade_finished: return has_finished();
        case TradeStatus::trade_success: break;
    }
    if (order.amount > refundable(trade)) {
        return refusal("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL",
                       "退款金额超限：可退 " + refundable(trade).to_yuan() + " 元");
    }
    if (trade.refunds.size() >= rules_.refunds_max) {
        return refusal("ACQ.TRADE_NOT_ALLOW_REFUND", "退款次数超限");
    }
    // The notes name the rule but no code; one that proves nothing is the hardest for a merchant.
    if (!trade.refunds.empty() && now - trade.refunds.back().at < rules_.refund_spacing) {
        return refusal("ACQ.SYSTEM_ERROR", "同一笔交易的两次退款请求应间隔3秒以上");
    }
    return Done{};
}

void TradeBook::close_entry(Entry& entry, Timestamp at) {
    drop_due(entry);
    entry.status = TradeStatus::trade_closed;
    entry.closed_at = at;
    tell(entry, TradeEvent::closed);
}

void TradeBook::pay_entry(Entry& entry, Timestamp now) {
    entry.status = TradeStatus::trade_success;
    entry.paid_at = now;
    set_due(entry, now + rules_.refund_window);
    tell(entry, TradeEvent::paid);
}

void TradeBook::finish_entry(Entry& entry) {
    drop_due(entry);
    entry.status = TradeStatus::trade_finished;
    tell(entry, TradeEvent::finished);
}

// A trade that is refunded in full is closed.
const Refund& TradeBook::refund_entry(Entry& entry, const RefundOrder& order, Timestamp now) {
    entry.refunded = Money::from_fen(entry.refunded.fen() + order.amount.fen());
    entry.refunds.push_back({.out_request_no = order.out_request_no,
                             .amount = order.amount,
                             .refunded_so_far = entry.refunded,
                             .reason = order.reason,
                             .origin = order.origin,
                             .at = now,
                             .deposit_back = {}});
    if (entry.refunded == entry.order.total) {
        drop_due(entry);
        entry.status = TradeStatus::trade_closed;
        entry.closed_at = now;
    }
    tell(entry, TradeEvent::refunded, &entry.refunds.back());
    return entry.refunds.back();
}

void TradeBook::set_due(Entry& entry, Timestamp at) {
    drop_due(entry);
    entry.due = due_.emplace(at, &entry);
}

void TradeBook::drop_due(Entry& entry) {
    if (entry.due == due_.end()) return;
    due_.erase(entry.due);
    entry.due = due_.end();
}

void TradeBook::tell(const Trade& trade, TradeEvent event, const Refund* refund) const {
    if (watcher_) watcher_(trade, event, refund);
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
    Entry& oldest = trades_.front();
    by_trade_no_.erase(oldest.trade_no);
    by_number_.erase(number_key(oldest.order));
    by_cashier_.erase(oldest.cashier);
    drop_due(oldest);
    trades_.pop_front();
}

}  // namespace tollgate::sandbox
