#include "sandbox/auth_book.h"

#include <array>
#include <cstdio>

#include "base/check.h"
#include "base/time_text.h"
#include "sandbox/random_text.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

std::string number_key(std::string_view seller_id, std::string_view out_order_no) {
    return std::string(seller_id) + "/" + std::string(out_order_no);
}

bool same_freeze(const FreezeOrder& left, const FreezeOrder& right) {
    return left.amount == right.amount && left.title == right.title &&
           left.product_code == right.product_code && left.out_request_no == right.out_request_no;
}

template <typename Value>
Value* found_in(const std::unordered_map<std::string, Value*>& map, std::string_view key) {
    const auto found = map.find(std::string(key));
    return found == map.end() ? nullptr : found->second;
}

Error no_such_freeze() {
    return refusal("AUTH_ORDER_NOT_EXIST", "支付宝资金授权订单不存在");
}
Error is_closed() {
    return refusal("ORDER_ALREADY_CLOSED", "该笔订单已关闭");
}
Error is_finished() {
    return refusal("ORDER_ALREADY_FINISH", "该笔订单已完结");
}
Error illegal_status() {
    return refusal("ILLEGAL_STATUS", "状态异常");
}

Money plus(Money left, Money right) {
    return Money::from_fen(left.fen() + right.fen());
}

}  // namespace

Result<AuthOutcome> AuthBook::open(const FreezeOrder& order, Timestamp now) {
    expire(now);
    const std::string key = number_key(order.seller_id, order.out_order_no);
    if (Entry* entry = found_in(by_number_, key)) return known(*entry, order);
    if (order.expires_at <= now) return is_closed();
    if (orders_.size() >= rules_.orders_max) forget_oldest();
    Entry& entry = orders_.emplace_back();
    static_cast<AuthOrder&>(entry) = {.order = order,
                                      .auth_no = new_number(now, "1002"),
                                      .cashier = random_hex(entropy_, 16),
                                      .nonce = random_hex(entropy_, 16),
                                      .created_at = now,
                                      .operations = {{.operation_id = new_number(now, "2001"),
                                                      .out_request_no = order.out_request_no,
                                                      .amount = order.amount,
                                                      .remark = "",
                                                      .created_at = now,
                                                      .done_at = {},
                                                      .notify_url = order.notify_url}}};
    entry.due = due_.emplace(order.expires_at, &entry);
    by_auth_no_[entry.auth_no] = &entry;
    by_number_[key] = &entry;
    by_cashier_[entry.cashier] = &entry;
    return AuthOutcome{.auth = &entry, .operation = entry.operations.front()};
}

Result<AuthOutcome> AuthBook::known(Entry& entry, const FreezeOrder& order) {
    if (!same_freeze(entry.order, order)) {
        return refusal("UNIQUE_VIOLATION", "同一商户订单号的请求内容不一致");
    }
    switch (entry.status) {
        case AuthStatus::authorized:
            return refusal("FREEZE_ALREADY_SUCCESS", "该笔订单已经冻结成功");
        case AuthStatus::finish: return is_finished();
        case AuthStatus::closed: return is_closed();
        case AuthStatus::init: break;
    }
    return AuthOutcome{.auth = &entry, .operation = entry.operations.front()};
}

Result<AuthOutcome> AuthBook::agree(std::string_view auth_no, Timestamp now) {
    expire(now);
    Entry* entry = found_in(by_auth_no_, auth_no);
    if (entry == nullptr) return no_such_freeze();
    if (entry->status != AuthStatus::init) return illegal_status();
    drop_due(*entry);
    entry->status = AuthStatus::authorized;
    entry->frozen = entry->order.amount;
    Operation& freeze = entry->operations.front();
    freeze.status = OperationStatus::success;
    freeze.done_at = now;
    if (watcher_) watcher_(*entry, freeze);
    return AuthOutcome{.auth = entry, .operation = freeze};
}

Result<AuthOutcome> AuthBook::refuse(std::string_view auth_no, Timestamp now) {
    expire(now);
    Entry* entry = found_in(by_auth_no_, auth_no);
    if (entry == nullptr) return no_such_freeze();
    if (entry->status != AuthStatus::init) return illegal_status();
    return close(*entry, now);
}

Result<AuthOutcome> AuthBook::unfreeze(std::string_view auth_no, const UnfreezeOrder& order,
                                       Timestamp now) {
    expire(now);
    Entry* entry = found_in(by_auth_no_, auth_no);
    if (entry == nullptr) return no_such_freeze();
    if (const Operation* earlier = find_operation(*entry, order.out_request_no)) {
        if (earlier->type != OperationType::unfreeze || earlier->amount != order.amount) {
            return refusal("UNIQUE_VIOLATION", "同一请求流水号的请求内容不一致");
        }
        return AuthOutcome{.auth = entry, .operation = *earlier};
    }
    TOLLGATE_DO(usable(auth_no));
    if (order.amount > rest_of(*entry)) {
        return refusal("REQUEST_AMOUNT_EXCEED", "请求金额超限");
    }
    if (entry->operations.size() >= rules_.operations_max) return illegal_status();
    entry->unfrozen = plus(entry->unfrozen, order.amount);
    finish_if_empty(*entry);
    const Operation& done = add(*entry,
                                {.operation_id = "",
                                 .out_request_no = order.out_request_no,
                                 .type = OperationType::unfreeze,
                                 .amount = order.amount,
                                 .remark = order.remark,
                                 .created_at = {},
                                 .done_at = {},
                                 .notify_url = order.notify_url},
                                now);
    return AuthOutcome{.auth = entry, .operation = done};
}

Result<AuthOutcome> AuthBook::cancel(std::string_view auth_no, Timestamp now) {
    expire(now);
    Entry* entry = found_in(by_auth_no_, auth_no);
    if (entry == nullptr) return no_such_freeze();
    if (now - entry->created_at > rules_.cancel_window) {
        return refusal("CANCEL_OPERATION_TIME_OUT", "撤销操作超时");
    }
    if (entry->status == AuthStatus::init) return close(*entry, now);
    // Cancelled before: the same answer again.
    const Operation& last = entry->operations.back();
    if (entry->status == AuthStatus::closed) {
        return AuthOutcome{.auth = entry, .operation = last};
    }
    TOLLGATE_DO(usable(auth_no));
    if (entry->paid != Money() || entry->unfrozen != Money()) return illegal_status();
    entry->unfrozen = entry->frozen;
    entry->status = AuthStatus::closed;
    const Operation& done = add(*entry,
                                {.operation_id = "",
                                 .out_request_no = entry->order.out_request_no + "_cancel",
                                 .type = OperationType::unfreeze,
                                 .amount = entry->frozen,
                                 .remark = "撤销",
                                 .created_at = {},
                                 .done_at = {},
                                 .notify_url = entry->order.notify_url},
                                now);
    return AuthOutcome{.auth = entry, .operation = done};
}

Result<const AuthOrder*> AuthBook::may_pay(std::string_view auth_no, Money amount, Timestamp now) {
    expire(now);
    const Entry* entry = found_in(by_auth_no_, auth_no);
    if (entry == nullptr) return refusal("ACQ.AUTH_NO_ERROR", "预授权号错误或不存在");
    switch (entry->status) {
        case AuthStatus::init: return refusal("ACQ.AUTH_ORDER_NOT_PAID", "预授权订单未支付");
        case AuthStatus::finish: return refusal("ACQ.AUTH_ORDER_HAS_FINISHED", "预授权订单已完结");
        case AuthStatus::closed: return refusal("ACQ.AUTH_ORDER_HAS_CLOSED", "预授权订单已关闭");
        case AuthStatus::authorized: break;
    }
    if (amount > rest_of(*entry)) {
        return refusal("ACQ.AUTH_AMOUNT_NOT_ENOUGH", "授权可用余额不足");
    }
    if (entry->operations.size() >= rules_.operations_max) {
        return refusal("ACQ.REQUEST_AMOUNT_EXCEED", "请求次数超限");
    }
    return entry;
}

void AuthBook::pay(std::string_view auth_no, const std::string& out_trade_no, Money amount,
                   bool complete, Timestamp now) {
    Entry* entry = found_in(by_auth_no_, auth_no);
    TOLLGATE_CHECK(entry != nullptr && amount <= rest_of(*entry));
    entry->paid = plus(entry->paid, amount);
    finish_if_empty(*entry);
    // Told by the trade's own notification.
    entry->operations.push_back({.operation_id = new_number(now, "2001"),
                                 .out_request_no = out_trade_no,
                                 .type = OperationType::pay,
                                 .status = OperationStatus::success,
                                 .amount = amount,
                                 .remark = "",
                                 .created_at = now,
                                 .done_at = now,
                                 .notify_url = ""});
    const Money rest = rest_of(*entry);
    if (!complete || rest == Money()) return;
    entry->unfrozen = plus(entry->unfrozen, rest);
    finish_if_empty(*entry);
    add(*entry,
        {.operation_id = "",
         .out_request_no = out_trade_no + "_rest",
         .type = OperationType::unfreeze,
         .amount = rest,
         .remark = "",
         .created_at = {},
         .done_at = {},
         .notify_url = entry->order.notify_url},
        now);
}

const AuthOrder* AuthBook::by_auth_no(std::string_view auth_no) {
    return found_in(by_auth_no_, auth_no);
}

const AuthOrder* AuthBook::by_out_order_no(std::string_view seller_id,
                                           std::string_view out_order_no) {
    return found_in(by_number_, number_key(seller_id, out_order_no));
}

const AuthOrder* AuthBook::by_cashier(std::string_view cashier) {
    return found_in(by_cashier_, cashier);
}

std::size_t AuthBook::expire(Timestamp now) {
    std::size_t closed = 0;
    while (!due_.empty() && due_.begin()->first <= now) {
        Entry& entry = *due_.begin()->second;
        static_cast<void>(close(entry, entry.order.expires_at));
        ++closed;
    }
    return closed;
}

std::vector<AuthOrder> AuthBook::newest(std::size_t limit) const {
    std::vector<AuthOrder> list;
    for (auto order = orders_.rbegin(); order != orders_.rend() && list.size() < limit; ++order) {
        list.push_back(*order);
    }
    return list;
}

Result<AuthBook::Entry*> AuthBook::usable(std::string_view auth_no) {
    Entry* entry = found_in(by_auth_no_, auth_no);
    if (entry == nullptr) return no_such_freeze();
    switch (entry->status) {
        case AuthStatus::init: return illegal_status();
        case AuthStatus::finish: return is_finished();
        case AuthStatus::closed: return is_closed();
        case AuthStatus::authorized: return entry;
    }
    TOLLGATE_CHECK(false);
}

Result<AuthOutcome> AuthBook::close(Entry& entry, Timestamp now) {
    drop_due(entry);
    entry.status = AuthStatus::closed;
    Operation& freeze = entry.operations.front();
    freeze.status = OperationStatus::closed;
    freeze.done_at = now;
    if (watcher_) watcher_(entry, freeze);
    return AuthOutcome{.auth = &entry, .operation = freeze};
}

const Operation& AuthBook::add(Entry& entry, Operation operation, Timestamp now) {
    operation.operation_id = new_number(now, "2001");
    operation.status = OperationStatus::success;
    operation.created_at = now;
    operation.done_at = now;
    entry.operations.push_back(std::move(operation));
    if (watcher_) watcher_(entry, entry.operations.back());
    return entry.operations.back();
}

void AuthBook::finish_if_empty(Entry& entry) {
    if (rest_of(entry) == Money()) entry.status = AuthStatus::finish;
}

void AuthBook::drop_due(Entry& entry) {
    if (entry.due == due_.end()) return;
    due_.erase(entry.due);
    entry.due = due_.end();
}

// Like Alipay's: day, a fixed part, and a number that never repeats.
std::string AuthBook::new_number(Timestamp now, std::string_view kind) {
    std::string day = to_beijing(now).substr(0, 10);
    std::erase(day, '-');
    std::array<char, 24> rest{};
    static_cast<void>(std::snprintf(rest.data(), rest.size(), "%016llu",
                                    static_cast<unsigned long long>(++made_)));  // NOLINT
    return day + std::string(kind) + rest.data();
}

void AuthBook::forget_oldest() {
    Entry& oldest = orders_.front();
    by_auth_no_.erase(oldest.auth_no);
    by_number_.erase(number_key(oldest.order.seller_id, oldest.order.out_order_no));
    by_cashier_.erase(oldest.cashier);
    drop_due(oldest);
    orders_.pop_front();
}

}  // namespace tollgate::sandbox
