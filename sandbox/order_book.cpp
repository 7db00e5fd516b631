#include "sandbox/order_book.h"

#include <algorithm>

#include "base/id.h"
#include "base/time_text.h"

namespace tollgate::sandbox {
namespace {

Error missing(std::string_view what) {
    return {ErrorCode::invalid_argument, std::string(what) + " is missing"};
}

// Product page: {"type":"redirect","url":…}; qr: {"type":"qr","qr_code":…}; app:
// {"type":"sdk","order_string":…}. A replay may come without an action.
PaymentAction read_action(const Json* action) {
    if (action == nullptr) return {};
    const std::string type = text_member(*action, "type").value_or("");
    const char* name = type == "redirect" ? "url" : type == "qr" ? "qr_code" : "order_string";
    return {.type = type, .text = text_member(*action, name).value_or("")};
}

bool is_paid(std::string_view status) {
    return status == "paid" || status == "finished" || status == "refunded";
}

std::string upper_case(std::string text) {
    for (char& c : text) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

}  // namespace

Result<CreatedPayment> read_created_payment(const Json& payment) {
    const auto id = text_member(payment, "id");
    const auto status = text_member(payment, "status");
    const auto version = integer_member(payment, "version");
    if (!id) return missing("id");
    if (!status) return missing("status");
    if (!version) return missing("version");
    return CreatedPayment{.id = *id,
                          .status = *status,
                          .version = *version,
                          .action = read_action(member(payment, "action"))};
}

Result<PaymentNews> read_payment_news(const Json& event) {
    const Json* data = member(event, "data");
    const Json* payment = data == nullptr ? nullptr : member(*data, "payment");
    if (payment == nullptr) return missing("data.payment");
    const auto out_trade_no = text_member(*payment, "out_trade_no");
    const auto status = text_member(*payment, "status");
    const auto version = integer_member(*payment, "version");
    const auto amount = integer_member(*payment, "amount");
    if (!out_trade_no) return missing("data.payment.out_trade_no");
    if (!status) return missing("data.payment.status");
    if (!version) return missing("data.payment.version");
    if (!amount) return missing("data.payment.amount");
    return PaymentNews{.out_trade_no = *out_trade_no,
                       .payment_id = text_member(*payment, "id").value_or(""),
                       .status = *status,
                       .version = *version,
                       .amount_fen = *amount};
}

ShopOrder& OrderBook::add(ShopOrder order) {
    if (orders_.size() == kOrdersMax) {
        by_order_.erase(orders_.front().order);
        by_out_trade_no_.erase(orders_.front().out_trade_no);
        orders_.pop_front();
    }
    order.order = upper_case(make_id("so", order.created_at, entropy_));
    order.out_trade_no = order.order + "_1";
    orders_.push_back(std::move(order));
    ShopOrder& kept = orders_.back();
    by_order_[kept.order] = &kept;
    by_out_trade_no_[kept.out_trade_no] = &kept;
    return kept;
}

ShopOrder* OrderBook::find(std::string_view order) {
    const auto found = by_order_.find(std::string(order));
    return found == by_order_.end() ? nullptr : found->second;
}

ShopOrder* OrderBook::by_out_trade_no(std::string_view out_trade_no) {
    const auto found = by_out_trade_no_.find(std::string(out_trade_no));
    return found == by_out_trade_no_.end() ? nullptr : found->second;
}

std::vector<ShopOrder> OrderBook::newest(std::size_t limit) const {
    std::vector<ShopOrder> list;
    for (auto order = orders_.rbegin(); order != orders_.rend() && list.size() < limit; ++order) {
        list.push_back(*order);
    }
    return list;
}

void OrderBook::created(std::string_view number, const CreatedPayment& payment) {
    ShopOrder* order = find(number);
    if (order == nullptr) return;
    order->reason.clear();
    order->payment_id = payment.id;
    if (!payment.action.type.empty()) order->action = payment.action;
    if (payment.version <= order->version) return;
    order->version = payment.version;
    order->status = payment.status;
}

void OrderBook::could_not_create(std::string_view number, std::string reason) {
    ShopOrder* order = find(number);
    if (order == nullptr || is_paid(order->status)) return;
    order->reason = std::move(reason);
}

Result<OrderBook::Applied> OrderBook::apply(const std::string& event_id, const PaymentNews& news) {
    ShopOrder* order = by_out_trade_no(news.out_trade_no);
    if (order == nullptr) return Applied::not_ours;
    if (order->amount != Money::from_fen(news.amount_fen)) {
        return Error(ErrorCode::conflict, "the amount is not that of order " + order->order);
    }
    if (!first_time(event_id)) return Applied::repeated;
    order->event_delivered = true;
    if (!news.payment_id.empty()) order->payment_id = news.payment_id;
    if (news.version <= order->version) return Applied::older;
    order->version = news.version;
    order->status = news.status;
    order->reason.clear();
    return Applied::changed;
}

bool OrderBook::first_time(const std::string& event_id) {
    if (!event_ids_.insert(event_id).second) return false;
    event_order_.push_back(event_id);
    if (event_order_.size() > kEventIdsMax) {
        event_ids_.erase(event_order_.front());
        event_order_.pop_front();
    }
    return true;
}

Json order_json(const ShopOrder& order) {
    Json action = nullptr;
    if (!order.action.type.empty()) {
        const char* name = order.action.type == "redirect" ? "url"
                           : order.action.type == "qr"     ? "qr_code"
                                                           : "order_string";
        action = {{"type", order.action.type}, {name, order.action.text}};
    }
    const auto number = [](const std::optional<std::int64_t>& value) {
        return value ? Json(*value) : Json(nullptr);
    };
    return {{"order", order.order},
            {"out_trade_no", order.out_trade_no},
            {"good", order.good},
            {"subject", order.subject},
            {"amount", order.amount.fen()},
            {"product", order.product},
            {"status", order.status},
            {"reason", order.reason},
            {"payment_id", order.payment_id},
            {"version", order.version},
            {"action", std::move(action)},
            {"created_at", to_rfc3339(order.created_at)},
            {"create_ms", number(order.create_ms)},
            {"event_delivered", order.event_delivered},
            {"notify_to_event_ms", number(order.notify_to_event_ms)}};
}

}  // namespace tollgate::sandbox
