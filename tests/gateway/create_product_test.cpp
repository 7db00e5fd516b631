// POST /v1/payments for a mini program (jsapi) and for a code that a till scans (barcode).
#include <gtest/gtest.h>

#include "tests/gateway/create_help.h"

namespace tollgate {
namespace {

using nlohmann::json;
using testing::error_fields;
using testing::GatewayWorld;
using testing::ScriptedAlipay;

json jsapi_order(const std::string& number) {
    auto order = GatewayWorld::order(number);
    order["product"] = "jsapi";
    order["buyer"] = {{"open_id", "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"}};
    return order;
}

json barcode_order(const std::string& number) {
    auto order = GatewayWorld::order(number);
    order["product"] = "barcode";
    order["auth_code"] = "280000000000000001";
    return order;
}

// Answers one method with this node, and every other one, which is a query, with the second.
void answer(GatewayWorld& world, const std::string& wanted, const json& node,
            const json& query = {{"code", "40004"}, {"sub_code", "ACQ.TRADE_NOT_EXIST"}}) {
    world.alipay.script([=](const std::string& method, const json&, transport::Ticket ticket) {
        ticket.complete(ScriptedAlipay::answer(method, method == wanted ? node : query));
    });
}

json last_biz(const GatewayWorld& world) {
    return testing::biz_of(world.alipay.requests().back().body);
}

TEST(Jsapi, GivesATradeNumberForTheMiniProgram) {
    GatewayWorld world;
    answer(world, "alipay.trade.create",
           {{"code", "10000"}, {"out_trade_no", "T1"}, {"trade_no", "2026T1"}});
    const auto made = world.create(jsapi_order("T1"));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.json()["action"], (json{{"type", "jsapi"}, {"trade_no", "2026T1"}}));
    EXPECT_EQ(made.json()["status"], "pending");
    EXPECT_EQ(made.json()["trade_no"], "2026T1");
    const auto biz = last_biz(world);
    EXPECT_EQ(biz["product_code"], "JSAPI_PAY");
    EXPECT_EQ(biz["buyer_open_id"], jsapi_order("T1")["buyer"]["open_id"]);
    EXPECT_EQ(biz["op_app_id"], "2021000000000001");
    EXPECT_FALSE(biz.contains("buyer"));
    EXPECT_EQ(world.create(jsapi_order("T1")).json()["action"], made.json()["action"]);
    EXPECT_EQ(world.alipay.calls().size(), 1U) << "a repeat costs no call";
}

TEST(Jsapi, NamesTheBuyerInOneWayOnly) {
    GatewayWorld world;
    answer(world, "alipay.trade.create",
           {{"code", "10000"}, {"out_trade_no", "T1"}, {"trade_no", "2026T1"}});
    const auto fields_with = [&](const json& buyer) {
        auto order = jsapi_order("T1");
        order["buyer"] = buyer;
        return error_fields(world.create(order));
    };
    for (const json& wrong : {json("2088000000000001"), json::object(), json{{"buyer_id", "1"}},
                              json{{"open_id", 7}}, json{{"open_id", ""}}, json{{"logon_id", "a"}},
                              json{{"open_id", "a"}, {"buyer_id", "2088000000000001"}}}) {
        EXPECT_EQ(fields_with(wrong), std::vector<std::string>{"/buyer"}) << wrong;
    }
    auto without = jsapi_order("T1");
    without.erase("buyer");
    EXPECT_EQ(error_fields(world.create(without)), std::vector<std::string>{"/buyer"});
    EXPECT_TRUE(world.alipay.calls().empty());
    EXPECT_EQ(fields_with({{"buyer_id", "2088000000000001"}}), std::vector<std::string>{});
    EXPECT_EQ(last_biz(world)["buyer_id"], "2088000000000001");
}

TEST(Barcode, IsNotPaidBecauseTheCallWasHandled) {
    GatewayWorld world;
    answer(world, "alipay.trade.pay",
           {{"code", "10000"}, {"out_trade_no", "T1"}, {"trade_no", "2026T1"}});
    const auto made = world.create(barcode_order("T1"));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.json()["status"], "pending");
    EXPECT_EQ(made.json()["action"], (json{{"type", "wait"}}));
    EXPECT_EQ(made.json()["trade_no"], "2026T1");
    EXPECT_EQ(last_biz(world)["scene"], "bar_code");
    EXPECT_EQ(last_biz(world)["auth_code"], "280000000000000001");
    EXPECT_EQ(world.events.count(), 0U);
    // Somebody looks soon, after 5 s and up to a fifth more: a buyer stands at the till.
    EXPECT_LE(world.count("SELECT next_sweep_ms - updated_ms FROM payment"), 6'000);
    EXPECT_EQ(world.notify(GatewayWorld::signed_body(GatewayWorld::paid("T1"))).body, "success");
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

TEST(Barcode, WaitsForABuyerWhoMustConfirm) {
    GatewayWorld world;
    answer(world, "alipay.trade.pay", {{"code", "10003"}, {"out_trade_no", "T1"}});
    const auto made = world.create(barcode_order("T1"));
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.json()["status"], "pending");
    EXPECT_TRUE(made.json()["trade_no"].is_null());
}

TEST(Barcode, FailsWhenTheCodeIsNoGood) {
    GatewayWorld world;
    answer(world, "alipay.trade.pay",
           {{"code", "40004"}, {"sub_code", "ACQ.PAYMENT_AUTH_CODE_INVALID"}});
    const auto made = world.create(barcode_order("T1"));
    EXPECT_EQ(made.status, 422);
    EXPECT_EQ(made.json()["code"], "refused_by_alipay");
    EXPECT_EQ(world.payment_status("T1"), "failed");
}

// After a lost answer the next request asks first (protocol notes 9.0.1): it pays only once Alipay
// has signed that there is no trade.
TEST(Barcode, AsksBeforeItCallsAgain) {
    GatewayWorld world;
    answer(world, "alipay.trade.pay", {{"code", "20000"}, {"sub_code", "aop.ACQ.SYSTEM_ERROR"}});
    EXPECT_EQ(world.create(barcode_order("T1")).status, 502);
    EXPECT_EQ(world.payment_status("T1"), "unknown");
    EXPECT_LE(world.count("SELECT next_sweep_ms - created_ms FROM payment"), 10'000);

    answer(world, "alipay.trade.pay", {{"code", "10000"}, {"out_trade_no", "T1"}},
           {{"code", "10000"}, {"out_trade_no", "T1"}, {"trade_status", "WAIT_BUYER_PAY"}});
    world.create(barcode_order("T1"));
    ASSERT_EQ(world.alipay.calls().size(), 2U);
    EXPECT_TRUE(world.alipay.calls()[1].starts_with("alipay.trade.query"));

    // No trade was made: the same call, with the same number and time.
    answer(world, "alipay.trade.pay", {{"code", "10003"}, {"out_trade_no", "T1"}});
    EXPECT_EQ(world.create(barcode_order("T1")).status, 201);
    const auto calls = world.alipay.calls();
    ASSERT_EQ(calls.size(), 4U);
    EXPECT_EQ(calls[3], calls[0]);
}

TEST(Barcode, KeepsTheCodeToItself) {
    GatewayWorld world;
    answer(world, "alipay.trade.pay", {{"code", "10003"}, {"out_trade_no", "T1"}});
    world.create(barcode_order("T1"));
    EXPECT_EQ(world.text("SELECT fingerprint FROM payment_request").find("28000000000000"),
              std::string::npos);
    EXPECT_EQ(world.log().find("28000000000000"), std::string::npos);
    auto other = barcode_order("T1");
    other["auth_code"] = "280000000000000002";
    EXPECT_EQ(error_fields(world.create(other)), std::vector<std::string>{"/auth_code"});
}

TEST(Barcode, NeedsACode) {
    GatewayWorld world;
    auto order = barcode_order("T1");
    order.erase("auth_code");
    order["scene"] = "telepathy";
    EXPECT_EQ(error_fields(world.create(order)),
              (std::vector<std::string>{"/auth_code", "/scene"}));
    order["auth_code"] = "123";
    order.erase("scene");
    EXPECT_EQ(error_fields(world.create(order)), std::vector<std::string>{"/auth_code"});
}

}  // namespace
}  // namespace tollgate
