#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "signing/webhook.h"
#include "tests/simulation/alipay_model.h"
#include "tests/simulation/coordinator.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace tollgate::simulation {

// One payment that the order system wants, and what it knows about it.
struct Order {
    std::string out_trade_no;
    std::string order_no;  // Several payments may try to pay one order.
    Money amount;
    std::string product;
    std::string replaces;            // A payment's id, or empty.
    std::string idempotency_key;     // Empty: none is sent.
    std::int64_t expires_in = 1800;  // Seconds.
    std::string payment_id;          // Once a 2xx has said it.
    bool refused = false;            // For good.
    bool buyer_has_action = false;
    bool has_followed = false;      // Another payment for the same order was made.
    std::int64_t version_seen = 0;  // The highest, and the status that it had.
    std::string status_seen;
    int paid_events = 0;  // Different ones.
};

// One refund that the order system wants.
struct WantedRefund {
    std::size_t order = 0;
    std::string number;
    Money amount;
    std::string idempotency_key;
    int times_asked = 0;
};

// What an event has told.
struct HeardEvent {
    std::string type;
    std::string about;         // The id of the difference, refund, pre-authorisation or payment.
    std::int64_t version = 0;  // The payment's, if there is one.
};

// The order service and its buyers, outside the process under test. Creates payments until it has
// an answer, always with the same number; closes, cancels, replaces and refunds some; hands actions
// to buyers; verifies events and remembers them; settles differences.
class OrderSystem {
public:
    using Seams = Coordinator::Seams;

    OrderSystem(Dice dice, Seams seams);

    void set_faults(const Faults& faults) { faults_ = faults; }

    // Plans `count` orders, evenly spread by chance over `span`.
    void plan_orders(int count, std::chrono::milliseconds span);

    // POST /events.
    bool receive(const transport::ClientRequest& request, const Network::Answer& answer);

    const std::deque<Order>& orders() const { return orders_; }
    const Coordinator& coordinator() const { return coordinator_; }
    // By event id.
    const std::map<std::string, HeardEvent>& events() const { return events_; }
    // Whether this refund of this payment's number was ever asked for, by us.
    bool has_asked_for(const std::string& number) const {
        return refund_by_number_.contains(number);
    }
    // Every wish has its answer, and no buyer has anything left to do.
    bool quiet() const { return unanswered_ == 0 && buyers_at_work_ == 0 && coordinator_.quiet(); }

private:
    using Json = nlohmann::json;
    using Replied = void (OrderSystem::*)(std::size_t index, const Result<Network::Reply>& reply);

    std::size_t add_order(Order order);
    void create(std::size_t index);
    void after_create(std::size_t index, const Result<Network::Reply>& reply);
    void create_refused(std::size_t index, const Result<Network::Reply>& reply);
    void wish(std::size_t index);
    void look_at(std::size_t index);
    void after_look(std::size_t index, const Result<Network::Reply>& reply);
    void buy(std::size_t index, const Json& action);
    void open_cashier(std::size_t index, const std::string& type, const std::string& text);
    void take(const Json& event, const std::string& id);
    void take_payment(const Json& data, const std::string& type, bool is_new,
                      const std::string& id);
    // Nothing when nobody has asked for it.
    std::optional<std::size_t> order_of(const Json& payment);
    // A report about the payment, from an answer or an event.
    void learn(Order& order, const Json& payment);

    // order_wishes.cpp.
    void follow(std::size_t index, bool replaces);
    void end(std::size_t index);
    void after_end(std::size_t index, const Result<Network::Reply>& reply);
    void want_refunds(std::size_t index);
    void refund(std::size_t wanted);
    void after_refund(std::size_t wanted, const Result<Network::Reply>& reply);
    // A report about a refund.
    void check_there_is_enough(const WantedRefund& wanted, const Json& refund);
    void learn_refund(const Order& order, const Json& refund);
    void settle(std::size_t difference);
    void after_settle(std::size_t difference, const Result<Network::Reply>& reply);

    // A request of ours; `done` is told how it ended.
    void call(std::string what, transport::ClientRequest request, std::size_t index, Replied done);
    void later(std::chrono::milliseconds most, std::function<void()> action);
    // The body's object, and its problem's code; both empty when it is none of the gateway's.
    static Json body_of(const Result<Network::Reply>& reply);
    static std::string code_of(const Json& body);

    struct Difference {
        std::string id;
        std::string action;
        int tries = 0;
    };

    Dice dice_;
    Seams seams_;
    Faults faults_;
    Faults wishes_;  // As they were at first: orders go on when the faults have stopped.
    Coordinator coordinator_;
    std::vector<signing::WebhookVerifyingKey> keys_;
    std::deque<Order> orders_;
    std::deque<WantedRefund> refunds_;
    std::deque<Difference> differences_;
    std::map<std::string, std::size_t> by_number_;
    std::map<std::string, std::size_t> refund_by_number_;
    std::map<std::string, HeardEvent> events_;
    int unanswered_ = 0;
    int buyers_at_work_ = 0;
};

// How far along a status is: a payment never goes to a lower one. -1 for a word that is none.
int rank_of(const std::string& status);

}  // namespace tollgate::simulation
