// POST /v1/payments: what is made of a request, and which requests are refused.
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "tests/gateway/create_help.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::after_question_mark;
using testing::biz_of;
using testing::error_fields;
using testing::GatewayWorld;
using testing::signed_fields;

TEST(Create, GivesASignedPagePayment) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1", 1'234);
    order["passback_params"] = "a=1&b=你好";
    order["return_url"] = "http://shop.example/orders/1?x=1";
    const auto answer = world.create(order);
    ASSERT_EQ(answer.status, 201) << answer.body;
    const auto payment = answer.json();
    EXPECT_EQ(answer.header("location"), "/v1/payments/" + payment["id"].get<std::string>());
    EXPECT_EQ(payment["status"], "pending");
    EXPECT_EQ(payment["action"]["type"], "redirect");
    const std::string url = payment["action"]["url"];
    EXPECT_TRUE(url.starts_with(world.alipay.gateway_url() + "?"));

    const auto fields = signed_fields(after_question_mark(url));
    EXPECT_EQ(signing::find(fields, "method"), "alipay.trade.page.pay");
    EXPECT_EQ(signing::find(fields, "notify_url"), "http://pay.example/alipay/shop/notify");
    EXPECT_EQ(signing::find(fields, "return_url"), "http://pay.example/alipay/shop/return");
    const auto biz = biz_of(fields);
    EXPECT_EQ(biz["total_amount"], "12.34");
    EXPECT_EQ(biz["product_code"], "FAST_INSTANT_TRADE_PAY");
    EXPECT_EQ(biz["passback_params"], "a%3D1%26b%3D%E4%BD%A0%E5%A5%BD");
    // Alipay is told the very second that we write down.
    EXPECT_EQ(to_rfc3339(*parse_beijing(biz["time_expire"].get<std::string>())),
              payment["expires_at"]);
}

TEST(Create, GivesAFormForThePage) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["action"] = "form";
    order["goods_detail"] = {{{"goods_id", "1"},
                              {"goods_name", "A \"quoted\" <book> & more"},
                              {"quantity", 1},
                              {"price", "10.00"}}};
    const auto action = world.create(order).json()["action"];
    EXPECT_EQ(action["type"], "form");
    const std::string html = action["html"];
    EXPECT_NE(html.find("method=\"post\""), std::string::npos);
    EXPECT_NE(html.find("&lt;book&gt; &amp; more"), std::string::npos);
    EXPECT_EQ(html.find("name=\"submit\""), std::string::npos);
}

TEST(Create, GivesAnOrderStringForTheApp) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["product"] = "app";
    const auto action = world.create(order).json()["action"];
    EXPECT_EQ(action["type"], "sdk");
    const auto fields = signed_fields(action["order_string"]);
    EXPECT_EQ(signing::find(fields, "method"), "alipay.trade.app.pay");
    EXPECT_FALSE(signing::find(fields, "return_url"));
    EXPECT_EQ(biz_of(fields)["seller_id"], "2088000000000001");
}

TEST(Create, GivesAWapPaymentWithItsQuitUrl) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["product"] = "wap";
    order["quit_url"] = "http://shop.example/cart";
    const auto action = world.create(order).json()["action"];
    const auto fields = signed_fields(after_question_mark(action["url"]));
    EXPECT_EQ(biz_of(fields)["product_code"], "QUICK_WAP_WAY");
    EXPECT_EQ(biz_of(fields)["quit_url"], "http://shop.example/cart");
}

TEST(Create, NamesEveryWrongFieldAtOnce) {
    GatewayWorld world;
    const json wrong{{"app", "shop"},
                     {"out_trade_no", "has space"},
                     {"product", "page"},
                     {"amount", 10.5},
                     {"subject", "a/b"},
                     {"currency", "USD"},
                     {"metadata", "not a map"},
                     {"colour", "red"},
                     {"extend_params", {{"price", 1.5}}}};
    const auto answer = world.create(wrong);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_EQ(answer.json()["code"], "invalid_request");
    EXPECT_EQ(error_fields(answer),
              (std::vector<std::string>{"/amount", "/colour", "/currency", "/extend_params",
                                        "/metadata", "/out_trade_no", "/subject"}));
    EXPECT_EQ(world.count("SELECT count(*) FROM payment"), 0);
}

TEST(Create, NamesWhatIsMissing) {
    GatewayWorld world;
    EXPECT_EQ(
        error_fields(world.create(json::object())),
        (std::vector<std::string>{"/amount", "/app", "/out_trade_no", "/product", "/subject"}));
}

TEST(Create, RefusesWhatDoesNotGoWithTheProduct) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["product"] = "wap";
    order["expires_in"] = 60;
    order["terminal_id"] = "7";
    order["enable_pay_channels"] = "balance";
    order["disable_pay_channels"] = "pcredit";
    EXPECT_EQ(error_fields(world.create(order)),
              (std::vector<std::string>{"/disable_pay_channels", "/expires_in", "/terminal_id"}));
}

TEST(Create, RefusesBodiesThatAreNotPlainJson) {
    GatewayWorld world;
    const auto status = [&](const std::string& body) {
        return world.api("POST", "/v1/payments", body).status;
    };
    EXPECT_EQ(status("{"), 400);
    EXPECT_EQ(status("[]"), 400);
    EXPECT_EQ(status("{\"app\":\"a\",\"app\":\"b\"}"), 400);
    EXPECT_EQ(status("{\"subject\":\"\xFF\"}"), 400);
    EXPECT_EQ(status("{} // comment"), 400);
    EXPECT_EQ(status("{\"amount\":1e999}"), 400);
    EXPECT_EQ(
        status("{\"goods_detail\":" + std::string(60'000, '[') + std::string(60'000, ']') + "}"),
        400);
    EXPECT_EQ(status(std::string(200'000, ' ')), 413);
}

TEST(Create, RefusesAmountsOutsideOfAlipaysRange) {
    GatewayWorld world;
    for (const char* amount :
         {"0", "-1", "10000000001", "99999999999999999999", "\"100\"", "1e2"}) {
        auto text = GatewayWorld::order("T1").dump();
        text.replace(text.find("\"amount\":1000"), 13, std::string("\"amount\":") + amount);
        EXPECT_EQ(world.api("POST", "/v1/payments", text).status, 400) << amount;
    }
}

}  // namespace
}  // namespace tollgate
