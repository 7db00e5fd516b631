#include "sandbox/console_pages.h"

#include "base/time_text.h"
#include "sandbox/html.h"
#include "sandbox/pages.h"
#include "sandbox/web.h"

namespace tollgate::sandbox {
namespace {

std::string tone_of(TradeStatus status) {
    switch (status) {
        case TradeStatus::wait_buyer_pay: return "";
        case TradeStatus::trade_success: return "good";
        case TradeStatus::trade_finished: return "good";
        case TradeStatus::trade_closed: return "quiet";
    }
    TOLLGATE_CHECK(false);
}

std::string tone_of(NotifyState state) {
    switch (state) {
        case NotifyState::waiting: return "";
        case NotifyState::in_flight: return "";
        case NotifyState::acknowledged: return "good";
        case NotifyState::given_up: return "bad";
    }
    TOLLGATE_CHECK(false);
}

std::string act_button(const Trade& trade, std::string_view act, std::string_view label,
                       std::string_view nonce, Language language) {
    return render(page_text("act_button.html"),
                  {{"trade_no", trade.trade_no},
                   {"act", std::string(act)},
                   {"label", std::string(word(label, language))},
                   {"nonce", std::string(nonce)}},
                  language);
}

// What Alipay's own console could do with the trade as it is.
std::string acts_of(const Trade& trade, std::string_view nonce, Language language) {
    std::string acts;
    if (trade.status == TradeStatus::trade_success) {
        acts += render(page_text("act_refund.html"),
                       {{"trade_no", trade.trade_no},
                        {"nonce", std::string(nonce)},
                        {"refundable", refundable(trade).to_yuan()}},
                       language);
        acts += act_button(trade, "finish", "act_finish", nonce, language);
    }
    if (trade.status == TradeStatus::trade_closed && !trade.paid_at) {
        acts += act_button(trade, "pay-late", "act_pay_late", nonce, language);
    }
    for (const Refund& refund : trade.refunds) {
        if (refund.deposit_back) continue;
        acts += render(page_text("act_deposit_back.html"),
                       {{"trade_no", trade.trade_no},
                        {"out_request_no", refund.out_request_no},
                        {"amount", refund.amount.to_yuan()},
                        {"nonce", std::string(nonce)}},
                       language);
    }
    return acts;
}

std::string trade_row(const Trade& trade, std::string_view nonce, Language language) {
    const std::string refunded =
        trade.refunded == Money()
            ? std::string()
            : render(R"(<br><span class="soft">{{=refunded_so_far}} ¥{{amount}}</span>)",
                     {{"amount", trade.refunded.to_yuan()}}, language);
    return render(page_text("trade_row.html"),
                  {{"out_trade_no", trade.order.out_trade_no},
                   {"trade_no", trade.trade_no},
                   {"subject", trade.order.subject},
                   {"method", trade.order.method},
                   {"amount", trade.order.total.to_yuan()},
                   {"refunded", refunded},
                   {"tone", tone_of(trade.status)},
                   {"cashier", trade.cashier},
                   {"status", std::string(name_of(trade.status))},
                   {"created", to_beijing(trade.created_at)},
                   {"acts", acts_of(trade, nonce, language)}},
                  language);
}

std::string tone_of(AuthStatus status) {
    switch (status) {
        case AuthStatus::init: return "";
        case AuthStatus::authorized: return "good";
        case AuthStatus::finish: return "quiet";
        case AuthStatus::closed: return "quiet";
    }
    TOLLGATE_CHECK(false);
}

// Its status leads to where the buyer agrees or refuses: there is no other way to a freeze whose
// code was scanned.
std::string freeze_row(const AuthOrder& auth, Language language) {
    return render(page_text("freeze_row.html"),
                  {{"out_order_no", auth.order.out_order_no},
                   {"auth_no", auth.auth_no},
                   {"subject", auth.order.title},
                   {"amount", auth.order.amount.to_yuan()},
                   {"tone", tone_of(auth.status)},
                   {"cashier", auth.cashier},
                   {"status", std::string(name_of(auth.status))},
                   {"rest", rest_of(auth).to_yuan()},
                   {"created", to_beijing(auth.created_at)}},
                  language);
}

std::string fault_row(const FaultCount& count, Language language) {
    const config::FaultRule& rule = count.rule;
    std::string detail = rule.sub_code;
    if (rule.nth != 0) detail += " nth " + std::to_string(rule.nth);
    if (rule.first != 0) detail += " first " + std::to_string(rule.first);
    if (rule.percent < 100) detail += " " + std::to_string(rule.percent) + " %";
    if (rule.delay.count() != 0) detail += " " + std::to_string(rule.delay.count()) + " ms";
    return render(page_text("fault_row.html"),
                  {{"on", rule.on},
                   {"do", std::string(config::name_of(rule.action))},
                   {"detail", detail},
                   {"pattern", rule.out_trade_no.empty() ? "*" : rule.out_trade_no},
                   {"fitted", std::to_string(count.fitted)},
                   {"struck", std::to_string(count.struck)}},
                  language);
}

std::string attempt_item(const NotifyAttempt& attempt, Language language) {
    const std::string status = attempt.status == 0 ? std::string(word("no_answer", language))
                                                   : std::to_string(attempt.status);
    return render(page_text("attempt_item.html"),
                  {{"at", to_beijing(attempt.at)},
                   {"status", status},
                   {"took", std::to_string(attempt.took_ms)},
                   {"answer", attempt.answer}},
                  language);
}

std::string notification_row(const Notification& notification, std::string_view nonce,
                             Language language) {
    std::string attempts;
    for (const NotifyAttempt& attempt : notification.attempts) {
        attempts += attempt_item(attempt, language);
    }
    return render(page_text("notification_row.html"),
                  {{"out_trade_no", notification.notice.out_trade_no},
                   {"notify_id", notification.notify_id},
                   {"tone", tone_of(notification.state)},
                   {"state", std::string(name_of(notification.state))},
                   {"trade_status", notification.notice.about},
                   {"attempts", attempts},
                   {"next_try", notification.due_at ? to_beijing(*notification.due_at) : "–"},
                   {"nonce", std::string(nonce)}},
                  language);
}

std::string table(std::string_view page, const std::string& rows, std::string_view nothing,
                  Language language) {
    if (rows.empty()) {
        return render(R"(<p class="soft">{{text}}</p>)",
                      {{"text", std::string(word(nothing, language))}}, language);
    }
    return render(page_text(page), {{"rows", rows}}, language);
}

Json time_or_null(const std::optional<Timestamp>& at) {
    return at ? Json(to_rfc3339(*at)) : Json(nullptr);
}

Json refunds_json(const Trade& trade) {
    Json list = Json::array();
    for (const Refund& refund : trade.refunds) {
        list.push_back({{"out_request_no", refund.out_request_no},
                        {"amount", refund.amount.to_yuan()},
                        {"at", to_rfc3339(refund.at)}});
    }
    return list;
}

}  // namespace

transport::ServerResponse console_page(const ConsoleView& view,
                                       const transport::ServerRequest& request) {
    const Language language = language_of(request);
    std::string trades;
    for (const Trade& trade : view.trades) trades += trade_row(trade, view.nonce, language);
    std::string freezes;
    for (const AuthOrder& auth : view.freezes) freezes += freeze_row(auth, language);
    std::string notifications;
    for (const Notification& notification : view.notifications) {
        notifications += notification_row(notification, view.nonce, language);
    }
    std::string faults;
    for (const FaultCount& count : view.faults) faults += fault_row(count, language);
    const std::string body =
        render(page_text("console.html"),
               {{"faults", table("faults_table.html", faults, "no_faults", language)},
                {"trades", table("trades_table.html", trades, "no_trades", language)},
                {"freezes", table("freezes_table.html", freezes, "no_freezes", language)},
                {"notifications",
                 table("notifications_table.html", notifications, "no_notifications", language)}},
               language);
    const std::string brand = std::string(word("pretend_alipay", language));
    const std::string title = std::string(word("console_title", language)) + " · " + brand;
    return html_page(
        200,
        framed({.title = title,
                .brand = brand,
                .brand_link = "/",
                .navigation = render(R"(<a href="/app">{{=app_title}}</a>)", {}, language),
                .theme = "alipay",
                .head = ""},
               body, request, language),
        language);
}

Json trades_json(const std::vector<Trade>& trades, std::string_view base_url) {
    Json list = Json::array();
    for (const Trade& trade : trades) {
        const PayOrder& order = trade.order;
        list.push_back({{"trade_no", trade.trade_no},
                        {"out_trade_no", order.out_trade_no},
                        {"app_id", order.app_id},
                        {"seller_id", order.seller_id},
                        {"method", order.method},
                        {"subject", order.subject},
                        {"total_amount", order.total.to_yuan()},
                        {"trade_status", name_of(trade.status)},
                        {"cashier_url", std::string(base_url) + "/cashier/" + trade.cashier},
                        {"notify_url", order.notify_url},
                        {"return_url", order.return_url},
                        {"created_at", to_rfc3339(trade.created_at)},
                        {"expires_at", to_rfc3339(order.expires_at)},
                        {"refunded", trade.refunded.to_yuan()},
                        {"refunds", refunds_json(trade)},
                        {"paid_at", time_or_null(trade.paid_at)},
                        {"closed_at", time_or_null(trade.closed_at)}});
    }
    return {{"trades", std::move(list)}};
}

Json freezes_json(const std::vector<AuthOrder>& freezes, std::string_view base_url) {
    Json list = Json::array();
    for (const AuthOrder& auth : freezes) {
        const FreezeOrder& order = auth.order;
        list.push_back({{"auth_no", auth.auth_no},
                        {"out_order_no", order.out_order_no},
                        {"app_id", order.app_id},
                        {"seller_id", order.seller_id},
                        {"order_title", order.title},
                        {"amount", order.amount.to_yuan()},
                        {"order_status", name_of(auth.status)},
                        {"fund_url", std::string(base_url) + "/fund/" + auth.cashier},
                        {"notify_url", order.notify_url},
                        {"created_at", to_rfc3339(auth.created_at)},
                        {"expires_at", to_rfc3339(order.expires_at)},
                        {"unfrozen", auth.unfrozen.to_yuan()},
                        {"paid", auth.paid.to_yuan()},
                        {"rest", rest_of(auth).to_yuan()}});
    }
    return {{"freezes", std::move(list)}};
}

Json faults_json(const std::vector<FaultCount>& faults) {
    Json list = Json::array();
    for (const FaultCount& count : faults) {
        list.push_back({{"on", count.rule.on},
                        {"do", config::name_of(count.rule.action)},
                        {"out_trade_no", count.rule.out_trade_no},
                        {"sub_code", count.rule.sub_code},
                        {"fitted", count.fitted},
                        {"struck", count.struck}});
    }
    return {{"faults", std::move(list)}};
}

Json notifications_json(const std::vector<Notification>& notifications) {
    Json list = Json::array();
    for (const Notification& notification : notifications) {
        Json attempts = Json::array();
        for (const NotifyAttempt& attempt : notification.attempts) {
            attempts.push_back({{"at", to_rfc3339(attempt.at)},
                                {"status", attempt.status},
                                {"answer", attempt.answer},
                                {"took_ms", attempt.took_ms}});
        }
        list.push_back({{"notify_id", notification.notify_id},
                        {"trade_no", notification.notice.trade_no},
                        {"out_trade_no", notification.notice.out_trade_no},
                        {"trade_status", notification.notice.about},
                        {"notify_url", notification.notice.url},
                        {"state", name_of(notification.state)},
                        {"due_at", time_or_null(notification.due_at)},
                        {"attempts_made", notification.attempts_made},
                        {"attempts", std::move(attempts)}});
    }
    return {{"notifications", std::move(list)}};
}

}  // namespace tollgate::sandbox
