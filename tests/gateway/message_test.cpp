// What Alipay sends besides trade notifications: pre-authorisations and msg_method messages.
#include <gtest/gtest.h>

#include "callbacks/notification_kind.h"
#include "signing/form.h"
#include "tests/gateway/gateway_world.h"

namespace tollgate {
namespace {

using testing::GatewayWorld;
using testing::test_keys;

signing::Fields fund_notification(const std::string& type) {
    return {{"notify_time", "2026-11-11 00:00:00"},
            {"notify_type", type},
            {"notify_id", "notify-" + type},
            {"charset", "utf-8"},
            {"version", "1.0"},
            {"sign_type", "RSA2"},
            {"app_id", "2021000000000001"},
            {"auth_app_id", "2021000000000001"},
            {"auth_no", "2026111110002001"},
            {"out_order_no", "O_1"},
            {"operation_id", "20261111001"},
            {"out_request_no", "R_1"},
            {"operation_type", "FREEZE"},
            {"amount", "100.00"},
            {"status", "SUCCESS"}};
}

signing::Fields message(const std::string& method, const std::string& biz_content) {
    return {{"charset", "UTF-8"},
            {"biz_content", biz_content},
            {"msg_method", method},
            {"utc_timestamp", "1794326400000"},
            {"version", "1.1"},
            {"sign_type", "RSA2"},
            {"notify_id", "message-" + method},
            {"app_id", "2021000000000001"}};
}

testing::Answer send(GatewayWorld& world, const std::string& door, const std::string& body) {
    return world.public_post("/alipay/shop/" + door, body);
}

TEST(Message, IsVerifiedKeptAndAnsweredAtBothDoors) {
    GatewayWorld world;
    for (const char* type : {"fund_auth_freeze", "fund_auth_unfreeze"}) {
        const auto body = GatewayWorld::signed_body(fund_notification(type));
        EXPECT_EQ(send(world, "notify", body).body, "success");
        EXPECT_EQ(send(world, "gateway", body).body, "success") << "a repeat is one row";
    }
    const auto body =
        GatewayWorld::signed_body(message("alipay.fund.trans.order.changed", R"({"status":"S"})"));
    EXPECT_EQ(send(world, "gateway", body).body, "success");
    EXPECT_EQ(world.count("SELECT count(*) FROM notification"), 3);
    EXPECT_EQ(world.count("SELECT count(*) FROM notification WHERE verdict = 'ignored' AND "
                          "reason = 'fund_authorisation' AND out_biz_no = 'R_1'"),
              2);
    EXPECT_EQ(world.text("SELECT reason FROM notification WHERE kind LIKE 'alipay.fund%'"),
              "transfer");
    EXPECT_EQ(world.count("SELECT count(*) FROM event"), 0);
}

TEST(Message, OfADepositBackStandsBesideItsPayment) {
    GatewayWorld world;
    world.pay("T1");
    const auto body = GatewayWorld::signed_body(
        message("alipay.trade.refund.depositback.completed",
                R"({"trade_no":"2026T1","out_trade_no":"T1","out_request_no":"R_1",)"
                R"("dback_status":"S","dback_amount":"1.00"})"));
    EXPECT_EQ(send(world, "gateway", body).body, "success");
    EXPECT_EQ(world.text("SELECT p.out_trade_no || ' ' || n.out_biz_no || ' ' || n.dback_status "
                         "FROM notification n JOIN payment p ON p.id = n.payment "
                         "WHERE n.reason = 'deposit_back'"),
              "T1 R_1 S");
    EXPECT_EQ(world.payment_status("T1"), "paid");
}

TEST(Message, IsRefusedUnlessAlipaySignedIt) {
    GatewayWorld world;
    const auto fields = message("alipay.trade.refund.depositback.completed", "{}");
    const auto forged = GatewayWorld::signed_body(fields, test_keys().stranger);
    EXPECT_EQ(send(world, "gateway", forged).body, "fail");
    auto body = GatewayWorld::signed_body(fields);
    body.replace(body.find("depositback"), 11, "depositbank");
    EXPECT_EQ(send(world, "gateway", body).body, "fail");
    EXPECT_EQ(world.count("SELECT count(*) FROM notification WHERE notify_id IS NOT NULL"), 0);
    EXPECT_EQ(world.public_post("/alipay/nobody/gateway", body).status, 404);
}

TEST(Message, OfAnotherAppOpensADifference) {
    GatewayWorld world;
    auto fields = fund_notification("fund_auth_freeze");
    for (auto& [name, value] : fields) {
        if (name == "app_id") value = "2021000000000009";
    }
    EXPECT_EQ(send(world, "notify", GatewayWorld::signed_body(fields)).body, "fail");
    EXPECT_EQ(world.text("SELECT class FROM difference"), "app_id_mismatch");
}

TEST(Message, KindsHaveNames) {
    const auto name = [](const char* field, const char* value) {
        return name_of(callbacks::notification_kind({{field, value}}));
    };
    EXPECT_EQ(name("notify_type", "trade_status_sync"), "trade");
    EXPECT_EQ(name("notify_type", "fund_auth_unfreeze"), "fund_authorisation");
    EXPECT_EQ(name("notify_type", "open_app_auth_notify"), "app_authorisation");
    EXPECT_EQ(name("msg_method", "alipay.trade.refund.depositback.completed"), "deposit_back");
    EXPECT_EQ(name("msg_method", "alipay.fund.trans.order.changed"), "transfer");
    EXPECT_EQ(name("msg_method", "alipay.trade.order.settle.notify"), "settlement");
    EXPECT_EQ(name("msg_method", "alipay.merchant.tradecomplain.changed"), "complaint");
    EXPECT_EQ(name("msg_method", "alipay.something.new"), "unknown_kind");
    // A message cannot pass for a trade notification by what stands in its content.
    EXPECT_EQ(
        name_of(callbacks::notification_kind(
            {{"msg_method", "x"}, {"biz_content", R"({"notify_type":"trade_status_sync"})"}})),
        "unknown_kind");
}

}  // namespace
}  // namespace tollgate
