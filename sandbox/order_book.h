#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/random.h"
#include "base/result.h"
#include "sandbox/json.h"

namespace tollgate::sandbox {

// What the gateway told the shop to do with a created payment.
struct PaymentAction {
    std::string type;  // "redirect", "qr", "sdk"; empty when there is none.
    std::string text;  // The URL, the QR code's text, the order string.
};

// The shop's own order, with what it knows of its one payment.
struct ShopOrder {
    std::string order;
    std::string out_trade_no;
    std::string good;
    std::string subject;
    std::string product;  // "page", "wap", "qr", "app"
    Money amount;
    Timestamp created_at;
    std::string status = "new";  // Then the gateway's words.
    std::string reason;          // Why the payment could not be created, for people.
    std::string payment_id;
    std::int64_t version = 0;  // Of the payment; older news is dropped.
    PaymentAction action;
    std::optional<std::int64_t> create_ms;           // How long POST /v1/payments took.
    bool event_delivered = false;                    // An event about it was proved and applied.
    std::optional<std::int64_t> notify_to_event_ms;  // Alipay's first send to the event's arrival.
};

// The answer to POST /v1/payments.
struct CreatedPayment {
    std::string id;
    std::string status;
    std::int64_t version = 0;
    PaymentAction action;
};

// The payment inside an event.
struct PaymentNews {
    std::string out_trade_no;
    std::string payment_id;
    std::string status;
    std::int64_t version = 0;
    std::int64_t amount_fen = 0;
};

// Errors: invalid_argument, naming what is missing.
Result<CreatedPayment> read_created_payment(const Json& payment);
Result<PaymentNews> read_payment_news(const Json& event);

// The shop's orders, in memory and bounded. Use from one thread at a time.
class OrderBook {
public:
    static constexpr std::size_t kOrdersMax = 20'000;
    static constexpr std::size_t kEventIdsMax = 50'000;

    explicit OrderBook(Entropy& entropy) : entropy_(entropy) {}

    // A new order; its number and its out_trade_no are made here.
    ShopOrder& add(ShopOrder order);
    ShopOrder* find(std::string_view order);
    std::vector<ShopOrder> newest(std::size_t limit) const;

    // Takes over what the gateway answered, unless an event has told something newer already.
    void created(std::string_view order, const CreatedPayment& payment);
    // Left out of an order that is paid, or was: its first payment did all that was wanted.
    void could_not_create(std::string_view order, std::string reason);

    enum class Applied { changed, repeated, older, not_ours };
    // One event. The same event id is applied once; news about the payment only when its version
    // is newer. Errors: conflict when the amount is not the order's.
    Result<Applied> apply(const std::string& event_id, const PaymentNews& news);

    // The order that the out_trade_no belongs to.
    ShopOrder* by_out_trade_no(std::string_view out_trade_no);

private:
    bool first_time(const std::string& event_id);

    Entropy& entropy_;
    std::list<ShopOrder> orders_;  // Oldest first.
    std::unordered_map<std::string, ShopOrder*> by_order_;
    std::unordered_map<std::string, ShopOrder*> by_out_trade_no_;
    std::unordered_set<std::string> event_ids_;
    std::deque<std::string> event_order_;  // Oldest first, to forget them.
};

// The order as JSON, for the page's script, for tests and for drive.
Json order_json(const ShopOrder& order);

}  // namespace tollgate::sandbox
