#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "signing/webhook.h"
#include "tests/simulation/alipay_model.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace tollgate::simulation {

// What the order system knows about one of its orders.
struct Order {
    std::string out_trade_no;
    Money amount;
    std::string product;
    std::string idempotency_key;     // Empty: none is sent.
    std::int64_t expires_in = 1800;  // Seconds.
    std::string payment_id;          // Once a 2xx has said it.
    bool refused = false;            // For good.
    bool buyer_has_action = false;
    std::int64_t version_seen = 0;  // The highest, and the status that it had.
    std::string status_seen;
    int paid_events = 0;  // Different ones.
};

// The order service and its buyers, outside the process under test. Creates payments until it has
// an answer, always with the same number; hands actions to buyers; verifies events and remembers
// them.
class OrderSystem {
public:
    struct Seams {
        World& world;
        Trace& trace;
        Network& network;
        AlipayModel& alipay;
        // Takes a request to the gateway's api listener.
        Network::Server to_gateway;
        // Something that must never be was seen.
        std::function<void(const std::string& violation)> on_violation;
    };

    OrderSystem(Dice dice, Seams seams);

    void set_faults(const Faults& faults) { faults_ = faults; }

    // Plans `count` orders, evenly spread by chance over `span`.
    void plan_orders(int count, std::chrono::milliseconds span);

    // POST /events.
    bool receive(const transport::ClientRequest& request, const Network::Answer& answer);

    const std::vector<Order>& orders() const { return orders_; }
    // By event id: its type.
    const std::map<std::string, std::string>& events() const { return events_; }
    // Every order has its answer, and no buyer has anything left to do.
    bool quiet() const { return unanswered_ == 0 && buyers_at_work_ == 0; }

private:
    using Json = nlohmann::json;

    void create(std::size_t index);
    void after_create(std::size_t index, const Result<Network::Reply>& reply);
    void look_at(std::size_t index);
    void buy(std::size_t index, const Json& action);
    void open_cashier(std::size_t index, const std::string& type, const std::string& text);
    void take(const Json& event, const std::string& id);
    // A report about the payment, from an answer or an event.
    void learn(Order& order, const Json& payment);

    Dice dice_;
    Seams seams_;
    Faults faults_;
    std::vector<signing::WebhookVerifyingKey> keys_;
    std::vector<Order> orders_;
    std::map<std::string, std::size_t> by_number_;
    std::map<std::string, std::string> events_;
    int unanswered_ = 0;
    int buyers_at_work_ = 0;
};

// How far along a status is: a payment never goes to a lower one. -1 for a word that is none.
int rank_of(const std::string& status);

}  // namespace tollgate::simulation
