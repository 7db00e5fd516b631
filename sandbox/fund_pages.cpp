#include "sandbox/fund_pages.h"

#include "base/time_text.h"
#include "sandbox/html.h"
#include "sandbox/pages.h"
#include "sandbox/web.h"
#include "sandbox/words.h"

namespace tollgate::sandbox {
namespace {

std::string_view title_of(AuthStatus status) {
    switch (status) {
        case AuthStatus::init: return "freeze_title";
        case AuthStatus::authorized: return "frozen_title";
        case AuthStatus::finish: return "freeze_over_title";
        case AuthStatus::closed: return "freeze_over_title";
    }
    TOLLGATE_CHECK(false);
}

}  // namespace

transport::ServerResponse fund_page(const AuthOrder& auth,
                                    const transport::ServerRequest& request) {
    const Language language = language_of(request);
    const std::string title(word(title_of(auth.status), language));
    const Values values = {{"merchant", auth.order.merchant},
                           {"title", title},
                           {"subject", auth.order.title},
                           {"amount", auth.order.amount.to_yuan()},
                           {"cashier", auth.cashier},
                           {"nonce", auth.nonce},
                           {"out_order_no", auth.order.out_order_no},
                           {"auth_no", auth.auth_no},
                           {"rest", rest_of(auth).to_yuan()},
                           {"pay_before", to_beijing(auth.order.expires_at)}};
    const bool waits = auth.status == AuthStatus::init;
    const std::string body =
        render(page_text(waits ? "fund.html" : "fund_done.html"), values, language);
    const std::string brand(word("pretend_alipay", language));
    return html_page(200,
                     framed({.title = title + " · " + brand,
                             .brand = brand,
                             .brand_link = "/",
                             .navigation = "",
                             .theme = "alipay",
                             .head = ""},
                            body, request, language),
                     language);
}

}  // namespace tollgate::sandbox
