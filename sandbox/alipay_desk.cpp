#include "sandbox/alipay_desk.h"

#include <algorithm>

#include "base/id.h"
#include "sandbox/answer.h"
#include "sandbox/cashier_pages.h"
#include "sandbox/console_pages.h"
#include "sandbox/refusal.h"
#include "sandbox/web.h"
#include "sandbox/words.h"

namespace tollgate::sandbox {
namespace {

constexpr std::size_t kListMax = 200;
constexpr std::size_t kUnansweredMax = 200;

// What a handler that needs nothing but the request looks like.
template <typename Function>
transport::Handler at_once(Function function) {
    return [function](transport::ServerRequest& request, transport::Ticket ticket) {
        ticket.complete(function(request));
    };
}

// Page methods answer with a page even when the request cannot be trusted yet.
bool wants_page(const transport::ServerRequest& request) {
    for (const std::string* text : {&request.query, &request.body}) {
        const auto fields = parse_form(*text);
        const Method* method = fields ? find_method(value_of(*fields, "method")) : nullptr;
        if (method != nullptr) return opened_by_buyer(*method);
    }
    return false;
}

// An empty body needs no type.
bool is_form(const transport::ServerRequest& request) {
    return request.body.empty() || request.header("Content-Type")
                                       .value_or("")
                                       .starts_with("application/x-www-form-urlencoded");
}

TradeRules rules_of(const config::SandboxAlipay& settings) {
    TradeRules rules;
    rules.refund_spacing /= settings.time_scale;
    rules.trades_max = static_cast<std::size_t>(settings.trades_max);
    return rules;
}

Json node_of(const Handled& handled) {
    return handled.reply == Reply::waits ? waiting_node(handled.node) : success_node(handled.node);
}

bool has_nonce(const transport::ServerRequest& request, std::string_view nonce) {
    const auto form = parse_form(request.body);
    return form && value_of(*form, "nonce") == nonce;
}

}  // namespace

Result<std::unique_ptr<AlipayDesk>> AlipayDesk::open(const config::SandboxAlipay& settings,
                                                     Seams seams) {
    TOLLGATE_TRY(Apps apps, open_apps(settings.apps));
    auto key = PrivateKey::parse(settings.private_key.reveal());
    if (!key) {
        return Error(ErrorCode::invalid_argument, "alipay/private_key: " + key.error().message());
    }
    return std::make_unique<AlipayDesk>(std::move(apps), *std::move(key), settings,
                                        std::move(seams));
}

AlipayDesk::AlipayDesk(Apps apps, PrivateKey key, const config::SandboxAlipay& settings,
                       Seams seams)
    : apps_(std::move(apps)),
      key_(std::move(key)),
      seams_(std::move(seams)),
      judge_(apps_, key_.public_half()),
      notifier_(
          {.time_scale = settings.time_scale, .immediate_resends = settings.immediate_resends},
          key_,
          {.clock = seams_.clock,
           .entropy = seams_.entropy,
           .log = seams_.log,
           .http = seams_.http}),
      console_nonce_(make_id("nonce", seams_.clock.now(), seams_.entropy)),
      no_password_max_(Money::from_fen(settings.no_password_max)),
      bills_at_once_(settings.bills_at_once),
      notified_statuses_(settings.notified_statuses),
      books_(seams_.entropy, rules_of(settings), settings.fee_basis_points) {
    books_.trades.watch([this](const Trade& trade, TradeEvent event, const Refund* refund) {
        notify(trade, event, refund);
    });
}

void AlipayDesk::add_routes(transport::Router& router) {
    const auto on = [this](Answer (AlipayDesk::*handle)(const Request&)) {
        return at_once([this, handle](const Request& request) { return (this->*handle)(request); });
    };
    for (const char* method : {"GET", "POST"}) {
        router.add(method, "/gateway.do",
                   [this](transport::ServerRequest& request, transport::Ticket ticket) {
                       if (auto answer = gateway(request))
                           return ticket.complete(*std::move(answer));
                       leave_unanswered(std::move(ticket));
                   });
    }
    router.add("GET", "/app", at_once(app_page));
    router.add("POST", "/app", on(&AlipayDesk::open_app));
    router.add("GET", "/qr/{code}", on(&AlipayDesk::scan));
    router.add("GET", "/jsapi/{trade_no}", on(&AlipayDesk::open_trade));
    router.add("GET", "/cashier/{cashier}", on(&AlipayDesk::cashier));
    router.add("POST", "/cashier/{cashier}/pay", on(&AlipayDesk::pay));
    router.add("POST", "/cashier/{cashier}/cancel", on(&AlipayDesk::cancel));
    router.add("GET", "/downloadBillFile.resource", on(&AlipayDesk::download_bill));
    router.add("GET", "/", on(&AlipayDesk::console));
    router.add("POST", "/sandbox/notifications/{notify_id}/send", on(&AlipayDesk::send_again));
    router.add("GET", "/sandbox/trades", at_once([this](const Request&) {
                   const std::lock_guard lock(mutex_);
                   books_.trades.expire(seams_.clock.now());
                   return json_answer(200, trades_json(books_.trades.newest(kListMax), base_url_));
               }));
    router.add("GET", "/sandbox/notifications", at_once([this](const Request&) {
                   return json_answer(200, notifications_json(notifier_.newest(kListMax)));
               }));
}

std::size_t AlipayDesk::run_once(std::size_t limit) {
    {
        const std::lock_guard lock(mutex_);
        books_.trades.expire(seams_.clock.now());
    }
    return notifier_.run_once(limit);
}

std::optional<AlipayDesk::Answer> AlipayDesk::gateway(const Request& request) {
    const Timestamp now = seams_.clock.now();
    RequestOutline outline;
    const auto judged =
        is_form(request)
            ? judge_.judge({.query = request.query, .body = request.body}, now, outline)
            : Result<SignedRequest>(refusal("isv.invalid-parameter",
                                            "Content-Type 应为 application/x-www-form-urlencoded"));
    if (!judged) {
        log_refusal(outline, judged.error());
        if (wants_page(request)) return refused_page(judged.error(), request);
        return gateway_answer(refusal_node(judged.error()),
                              {.method = outline.method,
                               .charset = outline.charset,
                               .sign_type = outline.sign_type,
                               .has_signature = outline.signature_proved},
                              key_);
    }
    switch (judged->method->door) {
        case Door::call: return run_call(*judged, outline, now);
        case Door::app:
            return refused_page(refusal("isv.invalid-method",
                                        "订单串应交给支付宝客户端，不应提交到网关。沙箱里请用 " +
                                            base_url_ + "/app"),
                                request);
        case Door::page: break;
    }
    const auto handled = run(*judged, now);
    if (!handled) {
        log_refusal(outline, handled.error());
        return refused_page(handled.error(), request);
    }
    return redirect("/cashier/" + handled->cashier);
}

std::optional<AlipayDesk::Answer> AlipayDesk::run_call(const SignedRequest& request,
                                                       const RequestOutline& outline,
                                                       Timestamp now) {
    const auto handled = run(request, now);
    if (!handled) log_refusal(outline, handled.error());
    if (handled && handled->reply == Reply::never) return std::nullopt;
    return gateway_answer(handled ? node_of(*handled) : refusal_node(handled.error()),
                          {.method = outline.method,
                           .charset = outline.charset,
                           .sign_type = outline.sign_type,
                           .has_signature = true},
                          key_);
}

// A request that is never answered keeps its place until the front gives up on it.
void AlipayDesk::leave_unanswered(transport::Ticket ticket) {
    const std::lock_guard lock(mutex_);
    unanswered_.push_back(std::move(ticket));
    if (unanswered_.size() > kUnansweredMax) unanswered_.pop_front();
}

AlipayDesk::Answer AlipayDesk::open_app(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto form = parse_form(request.body);
    const std::string order_string = form ? value_of(*form, "order_string") : std::string();
    RequestOutline outline;
    const auto judged = judge_.judge({.query = order_string, .body = ""}, now, outline);
    if (!judged) {
        log_refusal(outline, judged.error());
        return refused_page(judged.error(), request);
    }
    if (judged->method->door != Door::app) {
        return refused_page(refusal("isv.invalid-method", "这不是App支付的订单串"), request);
    }
    const auto handled = run(*judged, now);
    if (!handled) return refused_page(handled.error(), request);
    return redirect("/cashier/" + handled->cashier);
}

AlipayDesk::Answer AlipayDesk::scan(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const std::lock_guard lock(mutex_);
    const auto trade = books_.trades.scan(request.captures.at(0), now);
    if (!trade) return refused_page(trade.error(), request);
    return redirect("/cashier/" + (*trade)->cashier);
}

AlipayDesk::Answer AlipayDesk::open_trade(const Request& request) {
    const std::lock_guard lock(mutex_);
    const Trade* trade = books_.trades.by_trade_no(request.captures.at(0));
    if (trade == nullptr)
        return refused_page(refusal("ACQ.TRADE_NOT_EXIST", "交易不存在"), request);
    return redirect("/cashier/" + trade->cashier);
}

AlipayDesk::Answer AlipayDesk::cashier(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto trade = trade_of(request.captures.at(0), now);
    if (!trade)
        return plain_refusal(404, std::string(word("not_found", language_of(request))), request);
    return cashier_page(*trade, now, key_, request);
}

AlipayDesk::Answer AlipayDesk::pay(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto trade = trade_of(request.captures.at(0), now);
    if (!trade)
        return plain_refusal(404, std::string(word("not_found", language_of(request))), request);
    if (!has_nonce(request, trade->nonce)) return plain_refusal(403, "nonce", request);
    {
        const std::lock_guard lock(mutex_);
        // A trade that cannot be paid any more shows why on its own page.
        static_cast<void>(books_.trades.pay(trade->trade_no, now));
    }
    return redirect("/cashier/" + trade->cashier);
}

AlipayDesk::Answer AlipayDesk::cancel(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto trade = trade_of(request.captures.at(0), now);
    if (!trade)
        return plain_refusal(404, std::string(word("not_found", language_of(request))), request);
    if (!has_nonce(request, trade->nonce)) return plain_refusal(403, "nonce", request);
    if (trade->status != TradeStatus::wait_buyer_pay) {
        return redirect("/cashier/" + trade->cashier);
    }
    return left_page(*trade, request);
}

AlipayDesk::Answer AlipayDesk::console(const Request& request) {
    std::vector<Trade> trades;
    {
        const std::lock_guard lock(mutex_);
        books_.trades.expire(seams_.clock.now());
        trades = books_.trades.newest(kListMax);
    }
    const std::vector<Notification> notifications = notifier_.newest(kListMax);
    return console_page({.trades = trades, .notifications = notifications, .nonce = console_nonce_},
                        request);
}

AlipayDesk::Answer AlipayDesk::send_again(const Request& request) {
    if (!has_nonce(request, console_nonce_)) return plain_refusal(403, "nonce", request);
    const auto queued = notifier_.send_again(request.captures.at(0));
    if (!queued) return plain_refusal(404, queued.error().message(), request);
    seams_.wake();
    return redirect("/");
}

AlipayDesk::Answer AlipayDesk::download_bill(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto query = parse_form(request.query);
    const std::string token = query ? value_of(*query, "token") : std::string();
    std::vector<Movement> movements;
    Result<BillOrder> order = Error(ErrorCode::not_found, "");
    {
        const std::lock_guard lock(mutex_);
        order = books_.bills.take(token, now);
        if (order) movements = books_.journal.of(order->seller_id, order->date);
    }
    if (!order) return plain_refusal(403, order.error().message(), request);
    auto archive = bill_archive(*order, movements, now);
    if (!archive) return plain_refusal(500, archive.error().message(), request);
    return {.status = 200,
            .content_type = "application/zip",
            .body = *std::move(archive),
            .headers = {{"Content-Disposition", "attachment"}}};
}

Result<Handled> AlipayDesk::run(const SignedRequest& request, Timestamp now) {
    const std::lock_guard lock(mutex_);
    auto handled = request.method->run(request, {.books = books_,
                                                 .now = now,
                                                 .base_url = base_url_,
                                                 .no_password_max = no_password_max_,
                                                 .bills_at_once = bills_at_once_});
    if (!handled) return handled;
    for (Notice& notice : handled->notices) notifier_.queue(std::move(notice));
    if (!handled->notices.empty()) seams_.wake();
    return handled;
}

// By default Alipay tells of payments and refunds only; the other statuses have to be asked for
// (protocol notes 4.6).
void AlipayDesk::notify(const Trade& trade, TradeEvent event, const Refund* refund) {
    if (event == TradeEvent::paid) books_.journal.add_payment(trade);
    if (event == TradeEvent::refunded) books_.journal.add_refund(trade, *refund);
    const bool always = event == TradeEvent::paid || event == TradeEvent::refunded;
    if (!always &&
        std::ranges::find(notified_statuses_, name_of(trade.status)) == notified_statuses_.end()) {
        return;
    }
    notifier_.queue(trade_notice(trade, refund));
    seams_.wake();
}

std::optional<Trade> AlipayDesk::trade_of(std::string_view cashier, Timestamp now) {
    const std::lock_guard lock(mutex_);
    books_.trades.expire(now);
    const Trade* trade = books_.trades.by_cashier(cashier);
    return trade == nullptr ? std::nullopt : std::optional(*trade);
}

void AlipayDesk::log_refusal(const RequestOutline& outline, const Error& refusal) {
    seams_.log.info("sandbox.request_refused", {{"method", outline.method},
                                                {"sub_code", refusal.reason()},
                                                {"sub_msg", refusal.message()}});
}

}  // namespace tollgate::sandbox
