#include "sandbox/cashier_pages.h"

#include "base/time_text.h"
#include "sandbox/html.h"
#include "sandbox/json.h"
#include "sandbox/messages.h"
#include "sandbox/pages.h"
#include "sandbox/web.h"

namespace tollgate::sandbox {
namespace {

struct Shown {
    std::string_view title;  // Key of a word.
    std::string head = {};
    std::string body;
};

transport::ServerResponse page(const Shown& shown, const transport::ServerRequest& request,
                               Language language, int status = 200) {
    const std::string title(word(shown.title, language));
    const std::string brand = std::string(word("pretend_alipay", language));
    return html_page(status,
                     framed({.title = title + " · " + brand,
                             .brand = brand,
                             .brand_link = "/",
                             .navigation = "",
                             .theme = "alipay",
                             .head = shown.head},
                            shown.body, request, language),
                     language);
}

std::string link_button(std::string_view url, std::string_view key, std::string_view style,
                        Language language) {
    return render(R"(<a class="button {{style}}" href="{{url}}">{{label}}</a>)",
                  {{"style", std::string(style)},
                   {"url", std::string(url)},
                   {"label", std::string(word(key, language))}},
                  language);
}

struct Outcome {
    std::string_view title;  // Keys of words.
    std::string_view text;
    std::string_view tone;
    std::string_view sign;
    std::string buttons;
    std::string more = {};
};

std::string outcome_body(const Trade& trade, const Outcome& outcome, Language language) {
    return render(page_text("cashier_done.html"),
                  {{"tone", std::string(outcome.tone)},
                   {"sign", std::string(outcome.sign)},
                   {"title", std::string(word(outcome.title, language))},
                   {"text", std::string(word(outcome.text, language))},
                   {"buttons", outcome.buttons},
                   {"more", outcome.more},
                   {"amount", trade.order.total.to_yuan()},
                   {"merchant", trade.order.merchant},
                   {"subject", trade.order.subject},
                   {"out_trade_no", trade.order.out_trade_no},
                   {"trade_no", trade.trade_no}},
                  language);
}

transport::ServerResponse paid_page(const Trade& trade, Timestamp now, const PrivateKey& key,
                                    const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const auto made = return_address(trade, now, key);
    const std::string back = made ? *made : std::string();
    Shown shown{.title = "paid_title", .body = ""};
    Outcome outcome{.title = "paid_title",
                    .text = back.empty() ? "paid_stay" : "paid_text",
                    .tone = "good",
                    .sign = "✓",
                    .buttons = ""};
    if (!back.empty()) {
        shown.head = render(R"(<meta http-equiv="refresh" content="2;url={{url}}">)",
                            {{"url", back}}, language);
        outcome.buttons = link_button(back, "back_to_merchant", "", language);
    }
    if (trade.order.method == "alipay.trade.app.pay") {
        const std::string result = to_text(Json(app_result(trade, now, key)));
        outcome.more = render(page_text("app_result.html"), {{"result", result}}, language);
    }
    shown.body = outcome_body(trade, outcome, language);
    return page(shown, request, language);
}

// Closed unpaid, or closed by having been refunded in full.
transport::ServerResponse closed_page(const Trade& trade, const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const bool refunded = trade.paid_at.has_value();
    const Outcome outcome{.title = refunded ? "refunded_title" : "closed_title",
                          .text = refunded ? "refunded_text" : "closed_text",
                          .tone = refunded ? "quiet" : "bad",
                          .sign = refunded ? "↺" : "×",
                          .buttons = ""};
    return page({.title = outcome.title, .body = outcome_body(trade, outcome, language)}, request,
                language);
}

transport::ServerResponse open_page(const Trade& trade, const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const std::string body = render(page_text("cashier.html"),
                                    {{"merchant", trade.order.merchant},
                                     {"subject", trade.order.subject},
                                     {"amount", trade.order.total.to_yuan()},
                                     {"cashier", trade.cashier},
                                     {"nonce", trade.nonce},
                                     {"out_trade_no", trade.order.out_trade_no},
                                     {"trade_no", trade.trade_no},
                                     {"pay_before", to_beijing(trade.order.expires_at)}},
                                    language);
    return page({.title = "cashier", .body = body}, request, language);
}

}  // namespace

transport::ServerResponse cashier_page(const Trade& trade, Timestamp now, const PrivateKey& key,
                                       const transport::ServerRequest& request) {
    switch (trade.status) {
        case TradeStatus::wait_buyer_pay: return open_page(trade, request);
        case TradeStatus::trade_success: return paid_page(trade, now, key, request);
        case TradeStatus::trade_finished: return paid_page(trade, now, key, request);
        case TradeStatus::trade_closed: return closed_page(trade, request);
    }
    TOLLGATE_CHECK(false);
}

transport::ServerResponse left_page(const Trade& trade, const transport::ServerRequest& request) {
    const Language language = language_of(request);
    std::string buttons = link_button("/cashier/" + trade.cashier, "back_to_cashier", "", language);
    if (!trade.order.quit_url.empty()) {
        buttons += link_button(trade.order.quit_url, "back_to_merchant", "plain", language);
    }
    return page({.title = "left_title",
                 .body = outcome_body(trade,
                                      {.title = "left_title",
                                       .text = "left_text",
                                       .tone = "",
                                       .sign = "…",
                                       .buttons = buttons},
                                      language)},
                request, language);
}

transport::ServerResponse refused_page(const Error& refusal,
                                       const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const std::string body =
        render(page_text("refused.html"),
               {{"sub_code", refusal.reason()}, {"sub_msg", refusal.message()}}, language);
    return page({.title = "error_title", .body = body}, request, language);
}

transport::ServerResponse app_page(const transport::ServerRequest& request) {
    const Language language = language_of(request);
    return page({.title = "app_title", .body = render(page_text("app.html"), {}, language)},
                request, language);
}

transport::ServerResponse plain_refusal(int status, const std::string& reason,
                                        const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const std::string body =
        render(R"(<section class="card narrow center"><p>{{reason}}</p></section>)",
               {{"reason", reason}}, language);
    return page({.title = "error_title", .body = body}, request, language, status);
}

}  // namespace tollgate::sandbox
