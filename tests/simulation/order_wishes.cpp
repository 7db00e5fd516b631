#include <utility>

#include "tests/simulation/order_system.h"

// What an order system wants of a payment once it is made: to end it, to try another one, to send
// money back, to settle what only a person can decide.
namespace tollgate::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

}  // namespace

// Another payment for the same order; it names the first one, or somebody has forgotten to.
void OrderSystem::follow(std::size_t index, bool replaces) {
    if (orders_[index].has_followed) return;
    orders_[index].has_followed = true;
    Order next;
    next.out_trade_no = orders_[index].out_trade_no + "x";
    next.order_no = orders_[index].order_no;
    next.amount = orders_[index].amount;
    next.product = dice_.chance(500) ? "page" : "qr";
    if (replaces) next.replaces = orders_[index].payment_id;
    next.has_followed = true;
    create(add_order(std::move(next)));
}

void OrderSystem::end(std::size_t index) {
    const Order& order = orders_[index];
    transport::ClientRequest request;
    const bool cancels = order.product == "barcode" && dice_.chance(700);
    request.url = "/v1/payments/" + order.payment_id + (cancels ? "/cancel" : "/close");
    call("end " + order.out_trade_no, std::move(request), index, &OrderSystem::after_end);
}

void OrderSystem::after_end(std::size_t index, const Result<Network::Reply>& reply) {
    Order& order = orders_[index];
    const Json body = body_of(reply);
    const std::string code = code_of(body);
    const bool refused = code == "payment_paid" || code == "payment_held";
    if (reply && (reply->status == 200 || reply->status == 202) && body.is_object()) {
        learn(order, body);
    } else if (!refused) {
        if (!code.empty() && reply->status < 500 && reply->status != 409) {
            seams_.on_violation("ending " + order.out_trade_no + " was answered " +
                                std::to_string(reply->status) + ": " + reply->body);
        }
        return later(milliseconds(30'000), [this, index] { end(index); });
    }
    --unanswered_;
}

void OrderSystem::want_refunds(std::size_t index) {
    const Order& order = orders_[index];
    const std::int64_t parts = dice_.chance(600) ? 1 : dice_.between(2, 4);
    std::int64_t left = order.amount.fen();
    for (std::int64_t part = 1; part <= parts && left > 0; ++part) {
        const bool all = part == parts && dice_.chance(700);
        // Now and then more than there is.
        const std::int64_t most = dice_.chance(50) ? order.amount.fen() : left;
        const std::int64_t amount = all ? left : dice_.between(1, most);
        left -= amount;
        WantedRefund wanted;
        wanted.order = index;
        wanted.number = order.out_trade_no + "R" + std::to_string(part);
        wanted.amount = Money::from_fen(amount);
        if (dice_.chance(300)) wanted.idempotency_key = "refund-" + wanted.number;
        const std::size_t number = refunds_.size();
        refund_by_number_[wanted.number] = number;
        refunds_.push_back(std::move(wanted));
        ++unanswered_;
        later(minutes(dice_.chance(800) ? 1 : 60), [this, number] { refund(number); });
    }
}

void OrderSystem::refund(std::size_t index) {
    WantedRefund& wanted = refunds_[index];
    ++wanted.times_asked;
    transport::ClientRequest request;
    request.url = "/v1/payments/" + orders_[wanted.order].payment_id + "/refunds";
    if (!wanted.idempotency_key.empty()) {
        request.headers.emplace_back("Idempotency-Key", wanted.idempotency_key);
    }
    request.body = Json{{"out_request_no", wanted.number}, {"amount", wanted.amount.fen()}}.dump();
    call("refund " + wanted.number, std::move(request), index, &OrderSystem::after_refund);
}

void OrderSystem::after_refund(std::size_t index, const Result<Network::Reply>& reply) {
    WantedRefund& wanted = refunds_[index];
    const Json body = body_of(reply);
    const std::string code = code_of(body);
    const bool too_late = code == "payment_refunded" || code == "refund_window_over" ||
                          code == "refund_exceeds" || code == "payment_not_paid";
    if (reply && reply->status < 300 && body.is_object()) {
        check_there_is_enough(wanted, body);
        learn_refund(orders_[wanted.order], body);
    } else if (code == "refund_refused") {
        learn_refund(orders_[wanted.order], body["refund"]);
        if (dice_.chance(500)) return later(minutes(2), [this, index] { refund(index); });
    } else if (!too_late) {
        if (!code.empty() && reply->status < 500 && code != "in_progress") {
            seams_.on_violation("refunding " + wanted.number + " was answered " +
                                std::to_string(reply->status) + ": " + reply->body);
        }
        return later(milliseconds(30'000), [this, index] { refund(index); });
    }
    --unanswered_;
}

// No refund is taken on that cannot be done, as others of this payment have moved before.
void OrderSystem::check_there_is_enough(const WantedRefund& wanted, const Json& refund) {
    if (refund.value("status", "") == "failed") return;
    const Order& order = orders_[wanted.order];
    std::int64_t fen = wanted.amount.fen();
    for (const WantedRefund& other : refunds_) {
        if (other.order != wanted.order || other.number == wanted.number) continue;
        fen += seams_.alipay.refunded(order.out_trade_no, other.number).value_or(Money()).fen();
    }
    if (fen > order.amount.fen()) {
        seams_.on_violation("refund " + wanted.number + " was taken on, and too little is left");
    }
}

// What is called done is done, and what has failed has not moved a fen.
void OrderSystem::learn_refund(const Order& order, const Json& refund) {
    const std::string number = refund.value("out_request_no", "");
    const std::string status = refund.value("status", "");
    const auto moved = seams_.alipay.refunded(order.out_trade_no, number);
    const auto wanted = refund_by_number_.find(number);
    if (status == "succeeded") {
        if (!moved || moved->fen() != refund.value("amount", std::int64_t{0})) {
            seams_.on_violation("refund " + number + " is called done, and Alipay knows nothing");
        }
        return;
    }
    // Asked for again, it may have failed first and moved then: an old report is still true.
    const bool once = wanted == refund_by_number_.end() ||
                      (refunds_[wanted->second].times_asked == 1 && wishes_.duplicated == 0);
    if (status == "failed" && moved && once) {
        seams_.on_violation("refund " + number + " is called failed, and its money has moved");
    }
}

void OrderSystem::settle(std::size_t index) {
    Difference& difference = differences_[index];
    if (difference.action.empty()) {
        const auto drawn = dice_.below(3);
        difference.action = drawn == 0 ? "accept" : drawn == 1 ? "refund" : "ignore";
    }
    transport::ClientRequest request;
    request.url = "/v1/differences/" + difference.id + "/settle";
    request.headers = {{"Idempotency-Key", "settle-" + difference.id + "-" + difference.action}};
    request.body = Json{{"action", difference.action}}.dump();
    call("settle " + difference.id, std::move(request), index, &OrderSystem::after_settle);
}

void OrderSystem::after_settle(std::size_t index, const Result<Network::Reply>& reply) {
    Difference& difference = differences_[index];
    const std::string code = code_of(body_of(reply));
    const bool settled =
        (reply && reply->status == 200 && code.empty()) || code == "difference_settled";
    if (code == "refund_not_possible") {
        difference.action = "ignore";
    } else if (settled) {
        --unanswered_;
        return;
    } else if (!code.empty() && reply->status < 500 && code != "in_progress") {
        seams_.on_violation("settling " + difference.id + " was answered " +
                            std::to_string(reply->status) + ": " + reply->body);
    }
    later(milliseconds(30'000), [this, index] { settle(index); });
}

}  // namespace tollgate::simulation
