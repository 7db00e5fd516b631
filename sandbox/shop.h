#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "config/sandbox_settings.h"
#include "sandbox/order_book.h"
#include "sandbox/payment_call.h"
#include "sandbox/standard_webhooks.h"
#include "sandbox/words.h"
#include "transport/http_client.h"
#include "transport/router.h"

namespace tollgate::sandbox {

// The pretend shop: an order service as small as one can be that still does everything right. It
// believes signed events only, never the buyer's return, and never an older event.
//
//   GET  /                    goods          GET /shop.js
//   POST /orders              buy (form: good, product), then on to the payment
//   GET  /orders              all orders     GET /orders/{order}   one: thank you, QR code, …
//   POST /orders/{order}/pay  the same payment again
//   POST /api/orders          {"good":…,"product":…} -> 201 order; 502 when it could not be created
//   GET  /api/orders, /api/orders/{order}
//   POST /events              the gateway's events (Standard Webhooks v1)
//
// Safe to use from several threads. Whoever owns it must end the client's requests before it goes.
class Shop {
public:
    using NotifiedAt =
        std::function<std::optional<std::chrono::nanoseconds>(std::string_view out_trade_no)>;

    struct Seams {
        Clock& clock;
        Entropy& entropy;
        Log& log;
        transport::HttpClient& http;
        // When (monotonic) the pretend Alipay began to send its first notification; for measuring.
        NotifiedAt notified_at;
    };

    // Errors: invalid_argument for an event secret that is none.
    static Result<std::unique_ptr<Shop>> open(const config::SandboxShop& settings, Seams seams);
    // What open() made; call open().
    Shop(GatewayAccess gateway, WebhookVerifier verifier, Seams seams);

    // The shop must outlive the router.
    void add_routes(transport::Router& router);

    // What browsers call the shop and the pretend Alipay; set before the first request.
    void set_urls(std::string shop_url, std::string alipay_url);

private:
    using Answer = transport::ServerResponse;
    using Request = transport::ServerRequest;
    // Makes the answer once the gateway has answered.
    using Answering = std::function<Answer(const ShopOrder&)>;

    void buy(const Request& request, transport::Ticket ticket);
    void buy_by_json(const Request& request, transport::Ticket ticket);
    void pay_again(const Request& request, transport::Ticket ticket);
    Answer one_order(const Request& request);
    Answer one_order_json(const Request& request);
    Answer all_orders_json();
    Answer event(const Request& request);

    void create_order(std::string_view good, std::string_view product, Language language,
                      transport::Ticket ticket, Answering answering);
    void create_payment(const ShopOrder& order, transport::Ticket ticket, Answering answering);
    ShopOrder note_reply(const std::string& order, std::chrono::nanoseconds began,
                         const Result<transport::ClientReply>& reply);
    Result<OrderBook::Applied> note_event(const std::string& event_id, const PaymentNews& news);
    std::optional<ShopOrder> order_of(const Request& request);

    const GatewayAccess gateway_;
    const WebhookVerifier verifier_;
    Seams seams_;
    std::string shop_url_;
    std::string alipay_url_;

    mutable std::mutex mutex_;
    OrderBook orders_;  // Guarded by mutex_.
};

}  // namespace tollgate::sandbox
