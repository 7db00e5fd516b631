// The pretend Alipay as a buyer's browser and app see it.
#include "sandbox/alipay_desk.h"
#include "sandbox/at_once.h"
#include "sandbox/bill_file.h"
#include "sandbox/cashier_pages.h"
#include "sandbox/common_parameters.h"
#include "sandbox/fund_pages.h"
#include "sandbox/refusal.h"
#include "sandbox/web.h"
#include "sandbox/words.h"

namespace tollgate::sandbox {
namespace {

transport::ServerResponse no_such_page(const transport::ServerRequest& request) {
    return plain_refusal(404, std::string(word("not_found", language_of(request))), request);
}

// What stands behind the last of these marks, or nothing.
std::optional<std::string> after(std::string_view text, std::string_view mark) {
    const std::size_t at = text.rfind(mark);
    if (at == std::string_view::npos) return std::nullopt;
    return std::string(text.substr(at + mark.size()));
}

}  // namespace

void AlipayDesk::add_buyer_routes(transport::Router& router) {
    const auto on = [this](Answer (AlipayDesk::*handle)(const Request&)) {
        return at_once([this, handle](const Request& request) { return (this->*handle)(request); });
    };
    router.add("GET", "/app", at_once(app_page));
    router.add("POST", "/app", on(&AlipayDesk::open_app));
    router.add("GET", "/qr/{code}", on(&AlipayDesk::scan));
    router.add("GET", "/jsapi/{trade_no}", on(&AlipayDesk::open_trade));
    router.add("GET", "/cashier/{cashier}", on(&AlipayDesk::cashier));
    router.add("POST", "/cashier/{cashier}/pay", on(&AlipayDesk::pay));
    router.add("POST", "/cashier/{cashier}/cancel", on(&AlipayDesk::cancel));
    router.add("GET", "/fund/{cashier}", on(&AlipayDesk::fund));
    router.add("POST", "/fund/{cashier}/agree",
               at_once([this](const Request& request) { return decide_fund(request, true); }));
    router.add("POST", "/fund/{cashier}/refuse",
               at_once([this](const Request& request) { return decide_fund(request, false); }));
    router.add("GET", "/oauth2/publicAppAuthorize.htm", on(&AlipayDesk::authorize));
    router.add("GET", "/downloadBillFile.resource", on(&AlipayDesk::download_bill));
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
    const auto page = open_page(*judged, now);
    if (!page) return refused_page(page.error(), request);
    return redirect(*page);
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
    if (trade == nullptr) return no_such_page(request);
    return redirect("/cashier/" + trade->cashier);
}

AlipayDesk::Answer AlipayDesk::cashier(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto trade = trade_of(request.captures.at(0), now);
    if (!trade) return no_such_page(request);
    return cashier_page(*trade, now, key_, request);
}

AlipayDesk::Answer AlipayDesk::pay(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto trade = trade_of(request.captures.at(0), now);
    if (!trade) return no_such_page(request);
    if (!has_nonce(request, trade->nonce)) return plain_refusal(403, "nonce", request);
    // A trade that cannot be paid any more shows why on its own page.
    static_cast<void>(buyer_pays(trade->trade_no));
    return redirect("/cashier/" + trade->cashier);
}

AlipayDesk::Answer AlipayDesk::cancel(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const auto trade = trade_of(request.captures.at(0), now);
    if (!trade) return no_such_page(request);
    if (!has_nonce(request, trade->nonce)) return plain_refusal(403, "nonce", request);
    if (trade->status != TradeStatus::wait_buyer_pay) {
        return redirect("/cashier/" + trade->cashier);
    }
    return left_page(*trade, request);
}

AlipayDesk::Answer AlipayDesk::fund(const Request& request) {
    const Timestamp now = seams_.clock.now();
    const std::lock_guard lock(mutex_);
    books_.auths.expire(now);
    const AuthOrder* auth = books_.auths.by_cashier(request.captures.at(0));
    return auth == nullptr ? no_such_page(request) : fund_page(*auth, request);
}

AlipayDesk::Answer AlipayDesk::decide_fund(const Request& request, bool agrees) {
    const Timestamp now = seams_.clock.now();
    const std::lock_guard lock(mutex_);
    const AuthOrder* auth = books_.auths.by_cashier(request.captures.at(0));
    if (auth == nullptr) return no_such_page(request);
    if (!has_nonce(request, auth->nonce)) return plain_refusal(403, "nonce", request);
    // What cannot be decided any more shows why on its own page.
    if (agrees) static_cast<void>(books_.auths.agree(auth->auth_no, now));
    if (!agrees) static_cast<void>(books_.auths.refuse(auth->auth_no, now));
    return redirect("/fund/" + auth->cashier);
}

// The buyer always agrees.
AlipayDesk::Answer AlipayDesk::authorize(const Request& request) {
    const auto query = parse_form(request.query);
    const std::string app_id = query ? value_of(*query, "app_id") : std::string();
    const std::string back = query ? value_of(*query, "redirect_uri") : std::string();
    if (find_app(apps_, app_id) == nullptr) {
        return refused_page(refusal("isv.invalid-app-id", "无效的AppID参数"), request);
    }
    if (!is_http_url(back)) {
        return refused_page(refusal("isv.invalid-parameter", "redirect_uri 不是完整的地址"),
                            request);
    }
    const std::string scope = value_of(*query, "scope");
    Fields fields = {{"app_id", app_id}, {"source", "alipay_wallet"}, {"scope", scope}};
    if (has_field(*query, "state")) fields.push_back({"state", value_of(*query, "state")});
    {
        const std::lock_guard lock(mutex_);
        fields.push_back({"auth_code", books_.oauth_codes.give(app_id, seams_.clock.now())});
    }
    const bool more = back.find('?') != std::string::npos;
    return redirect(back + (more ? "&" : "?") + to_form(fields));
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

Result<Trade> AlipayDesk::buyer_opens(std::string_view text) {
    const Timestamp now = seams_.clock.now();
    if (const auto code = after(text, "/qr/")) {
        const std::lock_guard lock(mutex_);
        TOLLGATE_TRY(const Trade* trade, books_.trades.scan(*code, now));
        return *trade;
    }
    const std::string parameters = after(text, "?").value_or(std::string(text));
    RequestOutline outline;
    TOLLGATE_TRY(const SignedRequest request,
                 judge_.judge({.query = parameters, .body = ""}, now, outline));
    if (!opened_by_buyer(*request.method)) {
        return refusal("isv.invalid-method", "这不是买家打开的链接");
    }
    TOLLGATE_TRY(const Handled handled, run(request, now));
    const std::lock_guard lock(mutex_);
    const Trade* trade = books_.trades.by_cashier(handled.cashier);
    if (trade == nullptr) return refusal("ACQ.TRADE_NOT_EXIST", "交易不存在");
    return *trade;
}

Result<Trade> AlipayDesk::buyer_pays(std::string_view trade_no) {
    return with_trades([&](TradeBook& trades) { return trades.pay(trade_no, seams_.clock.now()); });
}

std::optional<Trade> AlipayDesk::trade_of(std::string_view cashier, Timestamp now) {
    const std::lock_guard lock(mutex_);
    books_.trades.expire(now);
    const Trade* trade = books_.trades.by_cashier(cashier);
    return trade == nullptr ? std::nullopt : std::optional(*trade);
}

}  // namespace tollgate::sandbox
