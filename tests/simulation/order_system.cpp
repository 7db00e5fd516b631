#include "tests/simulation/order_system.h"

#include <utility>

#include "tests/simulation/gateway_process.h"
#include "transport/http_message.h"

namespace tollgate::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

HeardEvent heard_of(const std::string& type, const nlohmann::json& event) {
    HeardEvent heard{.type = type, .about = ""};
    if (!event.is_object() || !event.contains("data")) return heard;
    const auto& data = event["data"];
    for (const char* const what : {"payment", "preauthorisation", "refund", "difference"}) {
        if (data.contains(what)) heard.about = data[what].value("id", "");
    }
    if (data.contains("payment")) heard.version = data["payment"].value("version", std::int64_t{0});
    return heard;
}

}  // namespace

int rank_of(const std::string& status) {
    if (status == "unknown" || status == "pending" || status == "closing") return 0;
    if (status == "closed" || status == "failed") return 1;
    if (status == "paid") return 2;
    if (status == "finished" || status == "refunded") return 3;
    return -1;
}

OrderSystem::OrderSystem(Dice dice, Seams seams)
    : dice_(dice), seams_(std::move(seams)), coordinator_(dice.aside(), seams_) {
    keys_.push_back(*signing::WebhookVerifyingKey::parse(kWebhookSecret));
}

std::size_t OrderSystem::add_order(Order order) {
    const std::size_t index = orders_.size();
    by_number_[order.out_trade_no] = index;
    orders_.push_back(std::move(order));
    ++unanswered_;
    return index;
}

void OrderSystem::plan_orders(int count, milliseconds span) {
    wishes_ = faults_;
    for (int i = 0; i < count; ++i) {
        if (dice_.chance(faults_.preauths)) {
            coordinator_.plan("A" + std::to_string(i), span);
            continue;
        }
        Order order;
        order.out_trade_no = "T" + std::to_string(i);
        order.order_no = "O" + std::to_string(i);
        order.amount = Money::from_fen(dice_.between(1, 1'000'000));
        const auto product = dice_.below(10);
        order.product = product < 5   ? "page"
                        : product < 8 ? "qr"
                        : product < 9 ? "barcode"
                                      : "jsapi";
        if (dice_.chance(300)) order.idempotency_key = "key-" + std::to_string(i);
        if (dice_.chance(300)) order.expires_in = dice_.between(120, 7'200);
        const std::size_t index = add_order(std::move(order));
        later(span, [this, index] { create(index); });
        if (!dice_.chance(faults_.foreign_trades)) continue;
        later(span, [this, i] {
            seams_.alipay.take_foreign_money("F" + std::to_string(i),
                                             Money::from_fen(dice_.between(1, 10'000)));
        });
    }
}

void OrderSystem::later(milliseconds most, std::function<void()> action) {
    seams_.world.after(milliseconds(dice_.between(1, most.count())), std::move(action));
}

void OrderSystem::call(std::string what, transport::ClientRequest request, std::size_t index,
                       Replied done) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(kCallerKey));
    if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    request.total_timeout = milliseconds(45'000);
    seams_.network.exchange(
        std::move(what), std::move(request), seams_.to_gateway,
        [this, index, done](const Result<Network::Reply>& reply) { (this->*done)(index, reply); });
}

OrderSystem::Json OrderSystem::body_of(const Result<Network::Reply>& reply) {
    return reply ? Json::parse(reply->body, nullptr, false) : Json();
}

std::string OrderSystem::code_of(const Json& body) {
    return body.is_object() && body.contains("code") ? body.value("code", "") : "";
}

void OrderSystem::create(std::size_t index) {
    const Order& order = orders_[index];
    Json body = {{"app", "shop"},
                 {"out_trade_no", order.out_trade_no},
                 {"product", order.product},
                 {"amount", order.amount.fen()},
                 {"subject", "An order"},
                 {"order", order.order_no},
                 {"expires_in", order.expires_in}};
    if (order.product == "barcode") body["auth_code"] = "281234567890123456";
    if (order.product == "jsapi") body["buyer"] = {{"buyer_id", "2088102146225135"}};
    if (!order.replaces.empty()) body["replaces"] = order.replaces;
    transport::ClientRequest request;
    request.url = "/v1/payments";
    if (!order.idempotency_key.empty()) {
        request.headers.emplace_back("Idempotency-Key", order.idempotency_key);
    }
    request.body = body.dump();
    call("create " + order.out_trade_no, std::move(request), index, &OrderSystem::after_create);
}

void OrderSystem::after_create(std::size_t index, const Result<Network::Reply>& reply) {
    if (!reply || (reply->status != 200 && reply->status != 201)) {
        return create_refused(index, reply);
    }
    Order& order = orders_[index];
    const Json payment = body_of(reply);
    const bool is_first = order.payment_id.empty();
    order.payment_id = payment.value("id", "");
    learn(order, payment);
    if (is_first) {
        --unanswered_;
        wish(index);
    }
    if (order.buyer_has_action || !payment.contains("action")) return;
    if (payment["action"].is_object()) buy(index, payment["action"]);
}

void OrderSystem::create_refused(std::size_t index, const Result<Network::Reply>& reply) {
    Order& order = orders_[index];
    const std::string code = code_of(body_of(reply));
    const bool may_not_replace = code == "order_paid" || code == "payment_held";
    if (code == "refused_by_alipay" || (may_not_replace && !order.replaces.empty())) {
        order.refused = true;
        if (order.payment_id.empty()) --unanswered_;
        return;
    }
    if (!code.empty() && reply->status < 500 && reply->status != 409) {
        seams_.on_violation("creating " + order.out_trade_no + " was answered " +
                            std::to_string(reply->status) + ": " + reply->body);
    }
    later(milliseconds(30'000), [this, index] { create(index); });
}

// What becomes of an order once it has its payment.
void OrderSystem::wish(std::size_t index) {
    if (dice_.chance(200)) {
        later(minutes(60), [this, index] { look_at(index); });
    }
    if (dice_.chance(wishes_.closes)) {
        ++unanswered_;
        later(minutes(dice_.chance(700) ? 2 : 40), [this, index] { end(index); });
    }
    const bool replaces = dice_.chance(wishes_.replaces);
    if (replaces || dice_.chance(wishes_.second_tries)) {
        later(minutes(dice_.chance(700) ? 2 : 40),
              [this, index, replaces] { follow(index, replaces); });
    }
}

void OrderSystem::look_at(std::size_t index) {
    transport::ClientRequest request;
    request.method = "GET";
    request.url = "/v1/payments/" + orders_[index].payment_id;
    if (dice_.chance(300)) request.url += "?refresh=1";
    call("look " + orders_[index].out_trade_no, std::move(request), index,
         &OrderSystem::after_look);
}

void OrderSystem::after_look(std::size_t index, const Result<Network::Reply>& reply) {
    if (!reply || reply->status == 503 || reply->status == 502) return;
    if (reply->status != 200) {
        return seams_.on_violation("payment " + orders_[index].payment_id + " of " +
                                   orders_[index].out_trade_no +
                                   " has gone: " + std::to_string(reply->status));
    }
    learn(orders_[index], body_of(reply));
}

void OrderSystem::learn(Order& order, const Json& payment) {
    const auto version = payment.value("version", std::int64_t{0});
    const std::string status = payment.value("status", "");
    const int rank = rank_of(status);
    const std::string name = order.out_trade_no + " version " + std::to_string(version);
    if (rank < 0 || version <= 0) return seams_.on_violation(name + " has the status " + status);
    if (payment.value("amount", std::int64_t{0}) != order.amount.fen()) {
        seams_.on_violation(name + " has another amount than was asked for");
    }
    const auto trade = seams_.alipay.trades().find(order.out_trade_no);
    const bool is_paid = trade != seams_.alipay.trades().end() && trade->second.paid;
    if (rank >= 2 && !is_paid) seams_.on_violation(name + " is " + status + ", and nobody paid");
    const bool newer = version > order.version_seen;
    if (newer ? rank < rank_of(order.status_seen) : rank > rank_of(order.status_seen)) {
        seams_.on_violation(name + " is " + status + ", version " +
                            std::to_string(order.version_seen) + " was " + order.status_seen);
    }
    if (version == order.version_seen && status != order.status_seen) {
        seams_.on_violation(name + " is " + status + " and was " + order.status_seen);
    }
    if (!newer) return;
    order.version_seen = version;
    order.status_seen = status;
}

void OrderSystem::buy(std::size_t index, const Json& action) {
    Order& order = orders_[index];
    order.buyer_has_action = true;
    if (dice_.chance(faults_.forgeries)) {
        later(milliseconds(60'000), [this, index] {
            seams_.alipay.forge(orders_[index].out_trade_no, orders_[index].amount);
        });
    }
    const std::string type = action.value("type", "");
    if (type == "wait") return;    // At the till: Alipay's side of it knows what the buyer does.
    if (dice_.chance(50)) return;  // He has left.
    const std::string text = action.value(type == "qr"      ? "qr_code"
                                          : type == "jsapi" ? "trade_no"
                                                            : "url",
                                          "");
    ++buyers_at_work_;
    later(milliseconds(60'000), [this, index, type, text] { open_cashier(index, type, text); });
}

void OrderSystem::open_cashier(std::size_t index, const std::string& type,
                               const std::string& text) {
    const auto trade_no = type == "jsapi" ? std::optional(text)
                          : type == "qr"  ? seams_.alipay.scan(text)
                                          : seams_.alipay.open_page(text);
    if (!trade_no || dice_.chance(100)) {
        --buyers_at_work_;
        return;
    }
    // Most pay at once, some think about it until it is too late.
    const auto most = dice_.chance(900) ? 90'000 : orders_[index].expires_in * 1'100;
    later(milliseconds(most), [this, number = *trade_no] {
        static_cast<void>(seams_.alipay.pay(number));
        --buyers_at_work_;
    });
}

bool OrderSystem::receive(const transport::ClientRequest& request, const Network::Answer& answer) {
    const auto header = [&request](const char* name) {
        return transport::find_header(request.headers, name).value_or("");
    };
    const std::string id(header("webhook-id"));
    const auto verified = signing::verify_webhook(keys_,
                                                  {.id = id,
                                                   .timestamp = header("webhook-timestamp"),
                                                   .signatures = header("webhook-signature"),
                                                   .body = request.body},
                                                  seams_.world.now().ms / 1'000);
    if (!verified) {
        // What was sent long ago and was under way all the time is old, and nothing else is wrong.
        if (verified.error().reason() != "webhook_too_old") {
            seams_.on_violation("an event does not verify: " + verified.error().message());
        }
        answer({.status = 400});
        return true;
    }
    const bool in_trouble = dice_.chance(faults_.receiver_trouble);
    if (!in_trouble || dice_.chance(300)) take(Json::parse(request.body, nullptr, false), id);
    answer({.status = in_trouble ? 500 : 204});
    return true;
}

void OrderSystem::take(const Json& event, const std::string& id) {
    const std::string type = event.value("type", "");
    const auto [heard, is_new] = events_.try_emplace(id);
    if (is_new) heard->second = heard_of(type, event);
    seams_.trace.note(is_new ? "orders.event" : "orders.event_again", type);
    if (!event.is_object() || !event.contains("data")) return;
    const Json& data = event["data"];
    if (is_new && data.contains("difference") && dice_.chance(900)) {
        differences_.push_back({.id = data["difference"].value("id", ""), .action = ""});
        ++unanswered_;
        const auto difference = differences_.size() - 1;
        later(minutes(60), [this, difference] { settle(difference); });
    }
    if (data.contains("preauthorisation")) coordinator_.learn(data["preauthorisation"]);
    if (data.contains("payment")) take_payment(data, type, is_new, id);
}

std::optional<std::size_t> OrderSystem::order_of(const Json& payment) {
    const std::string number = payment.value("out_trade_no", "");
    if (const auto known = by_number_.find(number); known != by_number_.end()) return known->second;
    const Money* const capture = coordinator_.capture_of(number);
    if (capture == nullptr) return std::nullopt;
    // What was taken of frozen money is a payment like any other from here on.
    Order order;
    order.out_trade_no = number;
    order.amount = *capture;
    order.product = "preauthorisation";
    order.payment_id = payment.value("id", "");
    order.has_followed = true;
    const std::size_t index = add_order(std::move(order));
    --unanswered_;
    return index;
}

void OrderSystem::take_payment(const Json& data, const std::string& type, bool is_new,
                               const std::string& id) {
    const auto known = order_of(data["payment"]);
    if (!known) {
        return seams_.on_violation("an event about a payment that nobody asked for: " + id);
    }
    Order& order = orders_[*known];
    learn(order, data["payment"]);
    if (data.contains("refund")) learn_refund(order, data["refund"]);
    if (!is_new || type != "payment.paid") return;
    if (++order.paid_events > 1) {
        seams_.on_violation(order.out_trade_no + " was reported paid twice, the second time as " +
                            id);
    }
    if (order.payment_id.empty()) return;  // Nobody has told him yet what to refund.
    if (dice_.chance(wishes_.refunds)) want_refunds(*known);
}

}  // namespace tollgate::simulation
