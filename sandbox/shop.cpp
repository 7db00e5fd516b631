#include "sandbox/shop.h"

#include <algorithm>
#include <array>

#include "sandbox/common_parameters.h"
#include "sandbox/form.h"
#include "sandbox/goods.h"
#include "sandbox/order_pages.h"
#include "sandbox/web.h"

namespace tollgate::sandbox {
namespace {

constexpr std::size_t kOrdersShown = 200;
constexpr std::array<std::string_view, 4> kProducts = {"page", "wap", "qr", "app"};

std::int64_t milliseconds_between(std::chrono::nanoseconds from, std::chrono::nanoseconds to) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
}

// The buyer goes on: straight to Alipay when there is an address, else to the order's own page.
transport::ServerResponse go_on(const ShopOrder& order) {
    const bool address = order.action.type == "redirect" && is_http_url(order.action.text);
    if (address && order.reason.empty()) return redirect(order.action.text);
    return redirect("/orders/" + order.order);
}

transport::ServerResponse created_json(const ShopOrder& order) {
    return json_answer(order.reason.empty() ? 201 : 502, order_json(order));
}

}  // namespace

Result<std::unique_ptr<Shop>> Shop::open(const config::SandboxShop& settings, Seams seams) {
    TOLLGATE_TRY(WebhookVerifier verifier, WebhookVerifier::open(settings.event_secret));
    GatewayAccess gateway{
        .url = settings.gateway, .app = settings.app, .api_key = settings.api_key.clone()};
    return std::make_unique<Shop>(std::move(gateway), std::move(verifier), std::move(seams));
}

Shop::Shop(GatewayAccess gateway, WebhookVerifier verifier, Seams seams)
    : gateway_(std::move(gateway)),
      verifier_(std::move(verifier)),
      seams_(std::move(seams)),
      orders_(seams_.entropy) {}

void Shop::set_urls(std::string shop_url, std::string alipay_url) {
    shop_url_ = std::move(shop_url);
    alipay_url_ = std::move(alipay_url);
}

void Shop::add_routes(transport::Router& router) {
    using transport::Ticket;
    router.add("GET", "/",
               [](Request& request, Ticket ticket) { ticket.complete(shop_page(request)); });
    router.add("GET", "/shop.js", [](Request&, Ticket ticket) {
        ticket.complete(built_in_file("shop.js", "text/javascript; charset=utf-8"));
    });
    router.add("POST", "/orders",
               [this](Request& request, Ticket ticket) { buy(request, std::move(ticket)); });
    router.add("GET", "/orders", [this](Request& request, Ticket ticket) {
        const std::lock_guard lock(mutex_);
        ticket.complete(orders_page(orders_.newest(kOrdersShown), request));
    });
    router.add("GET", "/orders/{order}",
               [this](Request& request, Ticket ticket) { ticket.complete(one_order(request)); });
    router.add("POST", "/orders/{order}/pay",
               [this](Request& request, Ticket ticket) { pay_again(request, std::move(ticket)); });
    router.add("POST", "/api/orders", [this](Request& request, Ticket ticket) {
        buy_by_json(request, std::move(ticket));
    });
    router.add("GET", "/api/orders",
               [this](Request&, Ticket ticket) { ticket.complete(all_orders_json()); });
    router.add("GET", "/api/orders/{order}", [this](Request& request, Ticket ticket) {
        ticket.complete(one_order_json(request));
    });
    router.add("POST", "/events",
               [this](Request& request, Ticket ticket) { ticket.complete(event(request)); });
}

void Shop::buy(const Request& request, transport::Ticket ticket) {
    const auto form = parse_form(request.body);
    const Fields fields = form ? *form : Fields();
    create_order(value_of(fields, "good"), value_of(fields, "product"), language_of(request),
                 std::move(ticket), go_on);
}

void Shop::buy_by_json(const Request& request, transport::Ticket ticket) {
    const auto body = parse_object(request.body);
    const auto text = [&body](std::string_view name) {
        return body ? text_member(*body, name).value_or("") : std::string();
    };
    create_order(text("good"), text("product"), language_of(request), std::move(ticket),
                 created_json);
}

void Shop::pay_again(const Request& request, transport::Ticket ticket) {
    const auto order = order_of(request);
    if (!order) return ticket.complete(no_such_order(request));
    create_payment(*order, std::move(ticket), go_on);
}

Shop::Answer Shop::one_order(const Request& request) {
    const auto order = order_of(request);
    return order ? order_page(*order, alipay_url_, request) : no_such_order(request);
}

Shop::Answer Shop::one_order_json(const Request& request) {
    const auto order = order_of(request);
    if (!order) return json_answer(404, {{"code", "not_found"}});
    return json_answer(200, order_json(*order));
}

Shop::Answer Shop::all_orders_json() {
    const std::lock_guard lock(mutex_);
    Json list = Json::array();
    for (const ShopOrder& order : orders_.newest(kOrdersShown)) list.push_back(order_json(order));
    return json_answer(200, {{"orders", std::move(list)}});
}

// Proved first, looked at afterwards. What is not about one of our orders is acknowledged too:
// sent again it would not become ours.
Shop::Answer Shop::event(const Request& request) {
    const auto id = verifier_.verify(request.headers, request.body, seams_.clock.now());
    if (!id) {
        seams_.log.warning("sandbox.event_refused", {{"reason", id.error().reason()}});
        return json_answer(401, {{"code", id.error().reason()}});
    }
    const auto json = parse_object(request.body);
    if (!json) return json_answer(400, {{"code", "not_json"}});
    const auto news = read_payment_news(*json);
    if (!news) return {.status = 204};
    const auto applied = note_event(*id, *news);
    if (!applied) {
        seams_.log.warning("sandbox.event_conflict", {{"why", applied.error().message()}});
        return json_answer(422, {{"code", "amount_mismatch"}});
    }
    return {.status = 204};
}

void Shop::create_order(std::string_view good_id, std::string_view product, Language language,
                        transport::Ticket ticket, Answering answering) {
    const Good* good = find_good(good_id);
    const bool known = std::ranges::find(kProducts, product) != kProducts.end();
    if (good == nullptr || !known) {
        return ticket.complete(json_answer(400, {{"code", "no_such_good_or_product"}}));
    }
    ShopOrder order{.good = std::string(good_id),
                    .subject = std::string(good->name(language)),
                    .product = std::string(product),
                    .amount = good->price,
                    .created_at = seams_.clock.now()};
    {
        const std::lock_guard lock(mutex_);
        order = orders_.add(std::move(order));
    }
    create_payment(order, std::move(ticket), std::move(answering));
}

void Shop::create_payment(const ShopOrder& order, transport::Ticket ticket, Answering answering) {
    // std::function wants copies; the ticket must be answered once.
    auto waiting = std::make_shared<transport::Ticket>(std::move(ticket));
    const auto began = seams_.clock.monotonic();
    seams_.http.start(create_payment_request(gateway_, order, shop_url_),
                      [this, number = order.order, began, waiting,
                       answering = std::move(answering)](Result<transport::ClientReply> reply) {
                          waiting->complete(answering(note_reply(number, began, reply)));
                      });
}

ShopOrder Shop::note_reply(const std::string& number, std::chrono::nanoseconds began,
                           const Result<transport::ClientReply>& reply) {
    const auto now = seams_.clock.monotonic();
    const auto payment = read_create_reply(reply);
    if (!payment) {
        seams_.log.warning("sandbox.payment_not_created",
                           {{"order", number}, {"why", payment.error().message()}});
    }
    const std::lock_guard lock(mutex_);
    if (payment) orders_.created(number, *payment);
    if (!payment) orders_.could_not_create(number, payment.error().message());
    ShopOrder* order = orders_.find(number);
    if (order == nullptr) return {.order = number, .reason = "forgotten"};
    if (!order->create_ms) order->create_ms = milliseconds_between(began, now);
    return *order;
}

Result<OrderBook::Applied> Shop::note_event(const std::string& event_id, const PaymentNews& news) {
    const auto now = seams_.clock.monotonic();
    const auto notified_at = seams_.notified_at(news.out_trade_no);
    const std::lock_guard lock(mutex_);
    TOLLGATE_TRY(const OrderBook::Applied applied, orders_.apply(event_id, news));
    ShopOrder* order = orders_.by_out_trade_no(news.out_trade_no);
    if (applied == OrderBook::Applied::changed && news.status == "paid" && notified_at) {
        order->notify_to_event_ms = milliseconds_between(*notified_at, now);
    }
    return applied;
}

std::optional<ShopOrder> Shop::order_of(const Request& request) {
    const std::lock_guard lock(mutex_);
    const ShopOrder* order = orders_.find(request.captures.at(0));
    return order == nullptr ? std::nullopt : std::optional(*order);
}

}  // namespace tollgate::sandbox
