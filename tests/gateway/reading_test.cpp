// The reading routes of payments, who may use the API, and the buyer's way back.
#include <gtest/gtest.h>

#include "base/line_limit.h"
#include "tests/gateway/create_help.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using testing::test_keys;

TEST(Callers, NeedAKeyTheRightAndTheApp) {
    GatewayWorld world;
    const std::string body = GatewayWorld::order("T1").dump();
    EXPECT_EQ(world.api("POST", "/v1/payments", body, {}, "").status, 401);
    EXPECT_EQ(world.api("POST", "/v1/payments", body, {}, "tgk_wrong").status, 401);
    EXPECT_EQ(world.api("POST", "/v1/payments", body, {}, GatewayWorld::kReadKey).status, 403);
    auto foreign = GatewayWorld::order("T1");
    foreign["app"] = "another";
    EXPECT_EQ(world.create(foreign).status, 404);
    const std::string id = world.create(GatewayWorld::order("T1")).json()["id"];
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id).status, 200);
    // Somebody else's payment looks just like none.
    const auto hidden = world.api("GET", "/v1/payments/" + id, "", {}, GatewayWorld::kReadKey);
    const auto none = world.api("GET", "/v1/payments/pay_none", "", {}, GatewayWorld::kReadKey);
    EXPECT_EQ(hidden.status, 404);
    EXPECT_EQ(hidden.body, none.body);
}

TEST(Reading, FindsPaymentsByIdNumberAndOrder) {
    GatewayWorld world;
    const std::string id = world.create(GatewayWorld::order("T1")).json()["id"];
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id).json()["out_trade_no"], "T1");
    const auto by_number = world.api("GET", "/v1/payments?app=shop&out_trade_no=T1").json();
    EXPECT_EQ(by_number["payments"][0]["id"], id);
    const auto by_order = world.api("GET", "/v1/payments?app=shop&order=O-T1").json();
    EXPECT_EQ(by_order["payments"][0]["id"], id);
    const auto history = world.api("GET", "/v1/payments/" + id + "/history").json();
    EXPECT_EQ(history["transitions"][0]["to"], "pending");
    EXPECT_EQ(world.api("GET", "/v1/payments?out_trade_no=T1").status, 400);
    EXPECT_EQ(world.api("GET", "/v1/payments/" + id + "?what=1").status, 400);
}

TEST(Reading, KeepsTheRequestIdInTheAnswerAndInTheHistory) {
    GatewayWorld world;
    const auto answer = world.create(GatewayWorld::order("T1"), {{"X-Request-Id", "my-id.1"}});
    EXPECT_EQ(answer.header("x-request-id"), "my-id.1");
    const std::string id = answer.json()["id"];
    const auto history = world.api("GET", "/v1/payments/" + id + "/history").json();
    EXPECT_EQ(history["transitions"][0]["request_id"], "my-id.1");
    EXPECT_NE(world.api("GET", "/v1/payments/" + id, "", {{"X-Request-Id", "bad id"}})
                  .header("x-request-id"),
              "bad id");
}

TEST(Return, SendsTheBuyerOnAndMarksNothingPaid) {
    GatewayWorld world;
    auto order = GatewayWorld::order("T1");
    order["return_url"] = "http://shop.example/orders/1?x=1";
    world.create(order);
    signing::Fields fields{{"charset", "utf-8"},
                           {"out_trade_no", "T1"},
                           {"method", "alipay.trade.page.pay.return"},
                           {"total_amount", "10.00"},
                           {"trade_no", "2026T1"},
                           {"auth_app_id", "2021000000000001"},
                           {"version", "1.0"},
                           {"app_id", "2021000000000001"},
                           {"sign_type", "RSA2"},
                           {"seller_id", "2088000000000001"},
                           {"timestamp", "2026-11-11 00:00:00"}};
    const std::string query = GatewayWorld::signed_body(fields);
    const auto answer = world.public_get("/alipay/shop/return?" + query);
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.header("location"), "http://shop.example/orders/1?x=1");
    EXPECT_EQ(world.payment_status("T1"), "pending");
    const auto forged = world.public_get("/alipay/shop/return?" +
                                         GatewayWorld::signed_body(fields, test_keys().stranger));
    EXPECT_EQ(forged.status, 400);
    EXPECT_EQ(forged.header("location"), "");
}

// Anybody can open such an address, as often as he likes.
TEST(ReturnPage, CannotBeUsedToFloodTheLog) {
    GatewayWorld world;
    const auto began = system_clock().monotonic();
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(world.public_get("/alipay/shop/return?sign=made-up").status, 400);
    }
    const auto took = std::chrono::floor<std::chrono::seconds>(system_clock().monotonic() - began);
    const std::string log = world.log();
    std::int64_t lines = 0;
    for (auto at = log.find("return.unverified"); at != std::string::npos; ++lines) {
        at = log.find("return.unverified", at + 1);
    }
    EXPECT_GE(lines, 1);
    EXPECT_LE(lines, LineLimit::kLinesPerSecondMax * (took.count() + 2));
}

TEST(Health, IsOnTheOperatorListenerOnly) {
    GatewayWorld world;
    EXPECT_EQ(world.operator_get("/healthz").status, 200);
    EXPECT_EQ(world.operator_get("/readyz").json()["status"], "ready");
    EXPECT_EQ(world.api("GET", "/readyz").status, 404);
    const auto wrong = world.api("DELETE", "/v1/payments");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("content-type"), "application/problem+json");
}

}  // namespace
}  // namespace tollgate
