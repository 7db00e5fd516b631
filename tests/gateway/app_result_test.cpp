// POST /v1/payments/{id}/app-result: what an app's SDK returned is checked, and proves nothing.
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "tests/gateway/create_help.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::error_fields;
using testing::GatewayWorld;
using testing::ScriptedAlipay;
using testing::test_keys;

struct AppWorld {
    AppWorld() {
        auto order = GatewayWorld::order("T1");
        order["product"] = "app";
        id = world.create(order).json()["id"];
    }

    // As the SDK gives it: a text, signed over its node.
    static std::string result(const json& node,
                              const signing::PrivateKey& key = test_keys().alipay) {
        const std::string text = node.dump();
        return R"({"alipay_trade_app_pay_response":)" + text + R"(,"sign":")" +
               *key.sign(text, signing::SignType::rsa2) + R"(","sign_type":"RSA2"})";
    }
    static json paid_node() {
        return {{"code", "10000"},
                {"msg", "Success"},
                {"app_id", "2021000000000001"},
                {"out_trade_no", "T1"},
                {"trade_no", "2026T1"},
                {"total_amount", "10.00"},
                {"seller_id", "2088000000000001"}};
    }

    testing::Answer post(const json& body) {
        return world.api("POST", "/v1/payments/" + id + "/app-result", body.dump());
    }
    testing::Answer post_result(const std::string& result) {
        return post({{"resultStatus", "9000"}, {"result", result}, {"memo", ""}});
    }
    void trade_is(const std::string& status) {
        world.alipay.script(
            [status](const std::string& method, const json& biz, transport::Ticket ticket) {
                json node{{"code", "10000"},
                          {"out_trade_no", biz["out_trade_no"]},
                          {"trade_no", "2026T1"},
                          {"total_amount", "10.00"},
                          {"trade_status", status}};
                if (status == "TRADE_SUCCESS") {
                    node["send_pay_date"] = to_beijing(system_clock().now());
                }
                ticket.complete(ScriptedAlipay::answer(method, node));
            });
    }

    GatewayWorld world;
    std::string id;
};

TEST(AppResult, IsOnlyAReasonToAsk) {
    AppWorld app;
    app.trade_is("WAIT_BUYER_PAY");
    const auto waiting = app.post_result(AppWorld::result(AppWorld::paid_node()));
    ASSERT_EQ(waiting.status, 200) << waiting.body;
    EXPECT_EQ(waiting.json()["status"], "pending") << "whatever the phone says";
    EXPECT_EQ(waiting.json()["refreshed"], true);
    EXPECT_EQ(waiting.json()["app_result"],
              (json{{"result_status", "9000"}, {"meaning", "done"}, {"verified", true}}));
    app.trade_is("TRADE_SUCCESS");
    const auto paid = app.post_result(AppWorld::result(AppWorld::paid_node()));
    EXPECT_EQ(paid.json()["status"], "paid");
    EXPECT_EQ(app.world.events.wait_for(1).front()["type"], "payment.paid");
}

TEST(AppResult, AsksAlsoWhenTheBuyerGaveUp) {
    AppWorld app;
    app.trade_is("TRADE_SUCCESS");
    const auto answer = app.post({{"resultStatus", "6001"}, {"result", ""}, {"memo", "取消"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json()["status"], "paid");
    EXPECT_EQ(answer.json()["app_result"],
              (json{{"result_status", "6001"}, {"meaning", "cancelled"}, {"verified", false}}));
}

TEST(AppResult, IsRefusedUnlessAlipaySignedItForThisPayment) {
    AppWorld app;
    app.trade_is("TRADE_SUCCESS");
    const auto code = [&](const std::string& result) {
        const auto answer = app.post_result(result);
        EXPECT_EQ(answer.status, 422) << answer.body;
        return answer.json()["code"];
    };
    const auto node = AppWorld::paid_node();
    EXPECT_EQ(code(AppWorld::result(node, test_keys().stranger)), "app_result_unverified");
    auto changed = AppWorld::result(node);
    changed.replace(changed.find("10.00"), 5, "10.01");
    EXPECT_EQ(code(changed), "app_result_unverified");
    EXPECT_EQ(code("{}"), "app_result_unverified");
    for (const char* name : {"out_trade_no", "app_id", "seller_id", "total_amount"}) {
        auto other = node;
        other[name] = "2";
        EXPECT_EQ(code(AppWorld::result(other)), "app_result_mismatch") << name;
    }
    EXPECT_TRUE(app.world.alipay.calls().empty());
    EXPECT_EQ(app.world.payment_status("T1"), "pending");
}

TEST(AppResult, NamesEveryMistakeOfTheBody) {
    AppWorld app;
    EXPECT_EQ(error_fields(app.post({{"result", 1}, {"status", "9000"}})),
              (std::vector<std::string>{"/result", "/resultStatus", "/status"}));
    EXPECT_EQ(error_fields(app.post({{"resultStatus", "9000"}})),
              std::vector<std::string>{"/result"});
}

TEST(AppResult, IsForPaymentsInAnAppThatTheCallerMaySee) {
    AppWorld app;
    const auto page = app.world.create(GatewayWorld::order("T2")).json();
    const std::string body = json{{"resultStatus", "6001"}}.dump();
    const auto target = "/v1/payments/" + page["id"].get<std::string>() + "/app-result";
    EXPECT_EQ(app.world.api("POST", target, body).json()["code"], "not_an_app_payment");
    EXPECT_EQ(app.world.api("POST", "/v1/payments/pay_none/app-result", body).status, 404);
    EXPECT_EQ(
        app.world
            .api("POST", "/v1/payments/" + app.id + "/app-result", body, {}, GatewayWorld::kReadKey)
            .status,
        404);
}

}  // namespace
}  // namespace tollgate
