#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "sandbox/cashier_pages.h"
#include "sandbox/console_pages.h"
#include "sandbox/fund_pages.h"
#include "sandbox/html.h"
#include "sandbox/order_pages.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

constexpr const char* kNasty = "<script>alert('1')</script>\"&";

Trade nasty_trade() {
    return {.order = {.merchant = kNasty,
                      .method = "alipay.trade.app.pay",
                      .out_trade_no = "T_1",
                      .subject = kNasty,
                      .total = Money::from_fen(1),
                      .return_url = "http://127.0.0.1/'x",
                      .quit_url = "http://127.0.0.1/'x",
                      .charset = "utf-8"},
            .trade_no = "2026",
            .cashier = "c",
            .nonce = "n",
            .created_at = kNow};
}

AuthOrder nasty_freeze() {
    return {.order = {.merchant = kNasty,
                      .out_order_no = kNasty,
                      .title = kNasty,
                      .amount = Money::from_fen(1)},
            .auth_no = kNasty,
            .cashier = "c",
            .nonce = "n",
            .created_at = kNow};
}

TEST(Html, EscapesByDefault) {
    EXPECT_EQ(escape_html(kNasty), "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot;&amp;");
    EXPECT_EQ(render("<b>{{a}}</b>{{&a}}{{=buy}}", {{"a", "<i>"}}, Language::english),
              "<b>&lt;i&gt;</b><i>Buy");
}

TEST(Html, AValueCannotBringAPlaceholder) {
    EXPECT_EQ(render("{{a}}", {{"a", "{{b}}"}}, Language::english), "{{b}}");
}

TEST(Html, NoPageLetsASubjectBecomeMarkup) {
    const auto key = *PrivateKey::parse(alipay_keys().private_pem);
    const transport::ServerRequest request{.method = "GET", .headers = {{"Accept-Language", "en"}}};
    Trade trade = nasty_trade();
    std::string pages = cashier_page(trade, kNow, key, request).body;
    pages += left_page(trade, request).body;
    trade.status = TradeStatus::trade_success;
    trade.paid_at = kNow;
    pages += cashier_page(trade, kNow, key, request).body;
    trade.status = TradeStatus::trade_closed;
    pages += cashier_page(trade, kNow, key, request).body;
    Notification notification{.notify_id = "1", .notice = trade_notice(trade)};
    notification.attempts.push_back({.at = kNow, .status = 200, .answer = kNasty});
    const std::vector<Trade> trades = {trade};
    const std::vector<Notification> notifications = {notification};
    AuthOrder freeze = nasty_freeze();
    const std::vector<AuthOrder> freezes = {freeze};
    pages +=
        console_page(
            {.trades = trades, .freezes = freezes, .notifications = notifications, .nonce = "n"},
            request)
            .body;
    pages += fund_page(freeze, request).body;
    freeze.status = AuthStatus::authorized;
    pages += fund_page(freeze, request).body;
    pages += refused_page(Error(ErrorCode::internal, kNasty).because(kNasty), request).body;
    for (const char* type : {"qr", "sdk", "redirect"}) {
        const ShopOrder order{.order = "o",
                              .subject = kNasty,
                              .product = "qr",
                              .status = "pending",
                              .reason = kNasty,
                              .action = {.type = type, .text = kNasty}};
        pages += order_page(order, "http://127.0.0.1", request).body;
        pages += orders_page({order}, request).body;
    }
    pages += shop_page(request).body + app_page(request).body + no_such_order(request).body;
    EXPECT_EQ(pages.find("<script>"), std::string::npos);
    EXPECT_EQ(pages.find("alert('"), std::string::npos);
    EXPECT_EQ(pages.find("/'x"), std::string::npos);
}

TEST(Pages, ARefundIsNoParcelAndNoMissedTime) {
    const auto key = *PrivateKey::parse(alipay_keys().private_pem);
    const transport::ServerRequest request{.method = "GET", .headers = {{"Accept-Language", "en"}}};
    const ShopOrder order{.order = "o", .product = "page", .status = "refunded"};
    const std::string shop = order_page(order, "http://127.0.0.1", request).body;
    EXPECT_THAT(shop, testing::HasSubstr("Your money has gone back to you"));
    EXPECT_THAT(shop, testing::Not(testing::HasSubstr("parcel")));
    Trade trade = nasty_trade();
    trade.status = TradeStatus::trade_closed;
    EXPECT_THAT(cashier_page(trade, kNow, key, request).body,
                testing::HasSubstr("Its time is over"));
    trade.paid_at = kNow;
    const std::string cashier = cashier_page(trade, kNow, key, request).body;
    EXPECT_THAT(cashier, testing::HasSubstr("This trade was refunded"));
    EXPECT_THAT(cashier, testing::Not(testing::HasSubstr("Its time is over")));
}

TEST(Words, LanguageComesFromTheSwitchThenTheCookieThenTheBrowser) {
    transport::ServerRequest request;
    EXPECT_EQ(language_of(request), Language::chinese);
    request.headers = {{"Accept-Language", "en-GB,zh;q=0.5"}};
    EXPECT_EQ(language_of(request), Language::english);
    request.headers.emplace_back("Cookie", "a=b; lang=zh");
    EXPECT_EQ(language_of(request), Language::chinese);
    request.query = "lang=en";
    EXPECT_EQ(language_of(request), Language::english);
}

}  // namespace
}  // namespace tollgate::sandbox
