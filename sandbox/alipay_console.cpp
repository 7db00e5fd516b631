// Alipay's own console: what a person there can see and do, and the faults.
#include <algorithm>

#include "sandbox/alipay_desk.h"
#include "sandbox/at_once.h"
#include "sandbox/cashier_pages.h"
#include "sandbox/console_pages.h"
#include "sandbox/deposit_back_notice.h"
#include "sandbox/random_text.h"
#include "sandbox/web.h"

namespace tollgate::sandbox {
namespace {

constexpr std::size_t kListMax = 200;

// A browser sends JSON to another origin only after asking, and nobody answers that.
bool is_json(const transport::ServerRequest& request) {
    return request.header("Content-Type").value_or("").starts_with("application/json");
}

}  // namespace

void AlipayDesk::add_console_routes(transport::Router& router) {
    const auto on = [this](Answer (AlipayDesk::*handle)(const Request&)) {
        return at_once([this, handle](const Request& request) { return (this->*handle)(request); });
    };
    router.add("GET", "/", on(&AlipayDesk::console));
    router.add("POST", "/sandbox/notifications/{notify_id}/send", on(&AlipayDesk::send_again));
    router.add("POST", "/sandbox/trades/{trade_no}/{act}", on(&AlipayDesk::act));
    router.add("POST", "/sandbox/trades/{trade_no}/refunds/{out_request_no}/deposit-back",
               on(&AlipayDesk::deposit_back));
    router.add("GET", "/sandbox/trades", at_once([this](const Request&) {
                   return json_answer(200, trades_json(trades(kListMax), base_url_));
               }));
    router.add("GET", "/sandbox/freezes", at_once([this](const Request&) {
                   return json_answer(200, freezes_json(freezes(kListMax), base_url_));
               }));
    router.add("GET", "/sandbox/notifications", at_once([this](const Request&) {
                   return json_answer(200, notifications_json(notifier_.newest(kListMax)));
               }));
    router.add("GET", "/sandbox/faults", on(&AlipayDesk::show_faults));
    for (const char* method : {"PUT", "POST"}) {
        router.add(method, "/sandbox/faults", on(&AlipayDesk::set_faults));
    }
    router.add("GET", "/sandbox/certificates", on(&AlipayDesk::show_certificates));
    router.add("POST", "/sandbox/certificates/{app_id}/renew", on(&AlipayDesk::renew_certificate));
}

AlipayDesk::Answer AlipayDesk::console(const Request& request) {
    const std::vector<Notification> notifications = notifier_.newest(kListMax);
    const std::vector<Trade> newest = trades(kListMax);
    const std::vector<AuthOrder> frozen = freezes(kListMax);
    return console_page({.trades = newest,
                         .freezes = frozen,
                         .notifications = notifications,
                         .faults = faults_.counts(),
                         .nonce = console_nonce_},
                        request);
}

AlipayDesk::Answer AlipayDesk::send_again(const Request& request) {
    if (!has_nonce(request, console_nonce_)) return plain_refusal(403, "nonce", request);
    const auto queued = notifier_.send_again(request.captures.at(0));
    if (!queued) return plain_refusal(404, queued.error().message(), request);
    seams_.wake();
    return redirect("/");
}

AlipayDesk::Answer AlipayDesk::act(const Request& request) {
    if (!has_nonce(request, console_nonce_)) return plain_refusal(403, "nonce", request);
    const auto form = parse_form(request.body);
    const std::string& trade_no = request.captures.at(0);
    const std::string& act = request.captures.at(1);
    Result<Trade> done = Error(ErrorCode::not_found, "no such act");
    if (act == "refund") {
        const auto amount = Money::parse_yuan(form ? value_of(*form, "amount") : "");
        if (!amount || *amount == Money()) return plain_refusal(400, "amount", request);
        done = console_refunds(trade_no, *amount);
    } else if (act == "finish") {
        done = console_finishes(trade_no);
    } else if (act == "pay-late") {
        done = console_pays_late(trade_no);
    }
    if (!done) return refused_page(done.error(), request);
    return redirect("/");
}

AlipayDesk::Answer AlipayDesk::deposit_back(const Request& request) {
    if (!has_nonce(request, console_nonce_)) return plain_refusal(403, "nonce", request);
    const auto form = parse_form(request.body);
    const std::string status = form ? value_of(*form, "status") : std::string();
    if (status != "S" && status != "F") return plain_refusal(400, "status", request);
    const auto done = console_deposits_back(request.captures.at(0), request.captures.at(1), status);
    if (!done) return refused_page(done.error(), request);
    return redirect("/");
}

AlipayDesk::Answer AlipayDesk::show_faults(const Request&) {
    return json_answer(200, faults_json(faults_.counts()));
}

AlipayDesk::Answer AlipayDesk::set_faults(const Request& request) {
    if (!is_json(request)) {
        return json_answer(415, {{"code", "not_json"}, {"detail", "send application/json"}});
    }
    auto loaded = config::load_faults(request.body);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        Json errors = Json::array();
        for (const config::Problem& problem : *problems) {
            errors.push_back({{"where", problem.where}, {"what", problem.what}});
        }
        return json_answer(400, {{"code", "invalid_faults"}, {"errors", std::move(errors)}});
    }
    faults_.set(std::get<config::FaultPlan>(std::move(loaded)));
    return json_answer(200, faults_json(faults_.counts()));
}

AlipayDesk::Answer AlipayDesk::show_certificates(const Request&) {
    Json list = Json::array();
    for (const CertificateBox::Shelf& shelf : certificates_.shelves()) {
        list.push_back({{"app_id", shelf.app_id},
                        {"alipay_cert_sn", shelf.sns.at(shelf.current)},
                        {"renewals_left", shelf.sns.size() - shelf.current - 1}});
    }
    return json_answer(200, {{"certificates", std::move(list)}});
}

AlipayDesk::Answer AlipayDesk::renew_certificate(const Request& request) {
    if (!is_json(request)) {
        return json_answer(415, {{"code", "not_json"}, {"detail", "send application/json"}});
    }
    const auto renewed = console_renews_certificate(request.captures.at(0));
    if (renewed) return json_answer(200, {{"alipay_cert_sn", *renewed}});
    const bool unknown = renewed.error().code() == ErrorCode::not_found;
    return json_answer(unknown ? 404 : 409,
                       {{"code", unknown ? "no_such_app" : "no_further_certificate"},
                        {"detail", renewed.error().message()}});
}

Result<std::string> AlipayDesk::console_renews_certificate(std::string_view app_id) {
    return certificates_.renew(app_id);
}

// A number that no merchant has given: Alipay's console makes its own.
Result<Trade> AlipayDesk::console_refunds(std::string_view trade_no, Money amount) {
    const RefundOrder order{.out_request_no = "console" + random_hex(seams_.entropy, 8),
                            .amount = amount,
                            .reason = "商家后台退款",
                            .origin = RefundOrigin::console};
    return with_trades([&](TradeBook& trades) -> Result<const Trade*> {
        TOLLGATE_TRY(const RefundOutcome done, trades.refund(trade_no, order, seams_.clock.now()));
        return done.trade;
    });
}

// Told whatever the settings say: it is why the button was pressed.
Result<Trade> AlipayDesk::console_finishes(std::string_view trade_no) {
    TOLLGATE_TRY(Trade trade, with_trades([&](TradeBook& trades) {
                     return trades.finish(trade_no, seams_.clock.now());
                 }));
    const bool told =
        std::ranges::find(notified_statuses_, name_of(trade.status)) != notified_statuses_.end();
    if (!told) notifier_.queue(trade_notice(trade));
    seams_.wake();
    return trade;
}

Result<Trade> AlipayDesk::console_pays_late(std::string_view trade_no) {
    return with_trades(
        [&](TradeBook& trades) { return trades.pay_late(trade_no, seams_.clock.now()); });
}

Result<Trade> AlipayDesk::console_deposits_back(std::string_view trade_no,
                                                std::string_view out_request_no,
                                                std::string_view status) {
    const Timestamp now = seams_.clock.now();
    TOLLGATE_TRY(
        Trade trade, with_trades([&](TradeBook& trades) -> Result<const Trade*> {
            const Trade* named = trades.by_trade_no(trade_no);
            const Refund* refund = named == nullptr ? nullptr : find_refund(*named, out_request_no);
            return trades.set_deposit_back(trade_no, out_request_no,
                                           {.status = std::string(status),
                                            .amount = refund == nullptr ? Money() : refund->amount,
                                            .at = now});
        }));
    if (const App* app = find_app(apps_, trade.order.app_id)) {
        notifier_.queue(deposit_back_notice(trade, *find_refund(trade, out_request_no),
                                            app->application_gateway));
        seams_.wake();
    }
    return trade;
}

std::vector<Trade> AlipayDesk::trades(std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    return books_.trades.newest(limit);
}

std::vector<AuthOrder> AlipayDesk::freezes(std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    return books_.auths.newest(limit);
}

Result<Trade> AlipayDesk::with_trades(const std::function<Result<const Trade*>(TradeBook&)>& act) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_TRY(const Trade* trade, act(books_.trades));
    return *trade;
}

}  // namespace tollgate::sandbox
