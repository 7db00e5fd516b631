#include "sandbox/order_pages.h"

#include <array>

#include "base/time_text.h"
#include "sandbox/goods.h"
#include "sandbox/html.h"
#include "sandbox/pages.h"
#include "sandbox/picture.h"
#include "sandbox/web.h"
#include "sandbox/words.h"

namespace tollgate::sandbox {
namespace {

// What each of the gateway's states looks like here.
struct Look {
    std::string_view status;
    std::string_view state;  // Keys of words.
    std::string_view title;
    std::string_view text;
    std::string_view tone;
    std::string_view sign;
};

constexpr std::array kLooks = {
    Look{"new", "state_new", "waiting_title", "waiting_text", "", "…"},
    Look{"pending", "state_pending", "waiting_title", "waiting_text", "", "…"},
    Look{"closing", "state_closing", "waiting_title", "waiting_text", "", "…"},
    Look{"paid", "state_paid", "order_paid_title", "order_paid_text", "good", "✓"},
    Look{"finished", "state_finished", "order_paid_title", "order_paid_text", "good", "✓"},
    Look{"refunded", "state_refunded", "state_refunded", "order_refunded_text", "quiet", "↺"},
    Look{"closed", "state_closed", "order_closed_title", "order_closed_text", "quiet", "×"},
    Look{"failed", "state_failed", "order_failed_title", "order_closed_text", "bad", "!"},
};
constexpr Look kUnclear{"", "state_unknown", "waiting_title", "waiting_text", "", "?"};

const Look& look_of(const std::string& status) {
    for (const Look& look : kLooks) {
        if (look.status == status) return look;
    }
    return kUnclear;
}

std::string text_of(std::string_view key, Language language) {
    return std::string(word(key, language));
}

transport::ServerResponse page(std::string_view title, const std::string& body,
                               const transport::ServerRequest& request, Language language,
                               int status = 200) {
    const std::string brand = text_of("shop_name", language);
    return html_page(
        status,
        framed({.title = std::string(title) + " · " + brand,
                .brand = brand,
                .brand_link = "/",
                .navigation = render(
                    R"(<a href="/">{{=home}}</a><a href="/orders">{{=orders}}</a>)", {}, language),
                .theme = "shop",
                .head = R"(<script src="/shop.js" defer></script>)"},
               body, request, language),
        language);
}

std::string action_of(const ShopOrder& order, std::string_view alipay_url, Language language) {
    if (order.status != "pending" && order.status != "new") return {};
    if (order.action.type == "qr") {
        return render(
            page_text("order_qr.html"),
            {{"qr_code", order.action.text}, {"picture", code_picture(order.action.text)}},
            language);
    }
    if (order.action.type == "sdk") {
        return render(page_text("order_app.html"),
                      {{"alipay", std::string(alipay_url)}, {"order_string", order.action.text}},
                      language);
    }
    return render(page_text("order_pay.html"), {{"order", order.order}}, language);
}

std::string order_row(const ShopOrder& order, Language language) {
    const Look& look = look_of(order.reason.empty() ? order.status : "failed");
    return render(page_text("order_row.html"),
                  {{"order", order.order},
                   {"created", to_beijing(order.created_at)},
                   {"subject", order.subject},
                   {"product", text_of("pay_" + order.product, language)},
                   {"amount", order.amount.to_yuan()},
                   {"tone", std::string(look.tone)},
                   {"status", order.status},
                   {"state", text_of(look.state, language)}},
                  language);
}

}  // namespace

transport::ServerResponse shop_page(const transport::ServerRequest& request) {
    const Language language = language_of(request);
    std::string shelf;
    for (const Good& good : goods()) {
        shelf += render(page_text("good.html"),
                        {{"id", std::string(good.id)},
                         {"glyph", std::string(good.glyph)},
                         {"name", std::string(good.name(language))},
                         {"text", std::string(good.text(language))},
                         {"price", good.price.to_yuan()}},
                        language);
    }
    return page(word("home", language),
                render(page_text("shop.html"), {{"goods", shelf}}, language), request, language);
}

transport::ServerResponse orders_page(const std::vector<ShopOrder>& orders,
                                      const transport::ServerRequest& request) {
    const Language language = language_of(request);
    std::string rows;
    for (const ShopOrder& order : orders) rows += order_row(order, language);
    const std::string list =
        rows.empty() ? render(R"(<p class="soft">{{=no_orders}}</p>)", {}, language)
                     : render(page_text("orders_table.html"), {{"rows", rows}}, language);
    return page(word("orders", language),
                render(page_text("orders.html"), {{"list", list}}, language), request, language);
}

transport::ServerResponse order_page(const ShopOrder& order, std::string_view alipay_url,
                                     const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const Look& look = look_of(order.reason.empty() ? order.status : "failed");
    const std::string title = text_of(look.title, language);
    const std::string body =
        render(page_text("order.html"),
               {{"order", order.order},
                {"status", order.status},
                {"tone", std::string(look.tone)},
                {"sign", std::string(look.sign)},
                {"title", title},
                {"text", order.reason.empty() ? text_of(look.text, language) : order.reason},
                {"amount", order.amount.to_yuan()},
                {"action", action_of(order, alipay_url, language)},
                {"subject", order.subject},
                {"out_trade_no", order.out_trade_no},
                {"state", text_of(look.state, language)}},
               language);
    return page(title, body, request, language);
}

transport::ServerResponse no_such_order(const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const std::string body = render(
        R"(<section class="card narrow center"><p>{{=not_found}}</p></section>)", {}, language);
    return page(word("not_found", language), body, request, language, 404);
}

}  // namespace tollgate::sandbox
