#include "signing/app_result.h"

#include <gtest/gtest.h>

#include "tests/signing/keys.h"
#include "tests/signing/reason.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kAppPay = "alipay.trade.app.pay";

NotificationKeys keys(SignType type = SignType::rsa2) {
    return {{alipay_key().public_half()}, type};
}

std::string result_of(const std::string& node, const std::string& sign,
                      const std::string& sign_type) {
    return R"({"alipay_trade_app_pay_response":)" + node + R"(,"sign":")" + sign +
           R"(","sign_type":")" + sign_type + "\"}";
}

TEST(AppResult, GivesTheVerifiedNode) {
    const std::string node = R"({"code":"10000","out_trade_no":"A1","total_amount":"0.01"})";
    const std::string sign = *alipay_key().sign(node, SignType::rsa2);
    const auto verified = verify_app_result(result_of(node, sign, "RSA2"), kAppPay, keys());
    ASSERT_TRUE(verified);
    EXPECT_EQ(*verified, node);
    const std::string changed = R"({"code":"10000","out_trade_no":"A2","total_amount":"0.01"})";
    EXPECT_EQ(reason_of(verify_app_result(result_of(changed, sign, "RSA2"), kAppPay, keys())),
              "sign_mismatch");
    EXPECT_EQ(reason_of(verify_app_result(result_of(node, "", "RSA2"), kAppPay, keys())),
              "answer_sign_missing");
    EXPECT_EQ(
        reason_of(verify_app_result(result_of(node, sign, "RSA2"), "alipay.trade.pay", keys())),
        "answer_node_missing");
}

TEST(AppResult, TakesSha1OnlyFromAnAppConfiguredSo) {
    const std::string node = R"({"code":"10000"})";
    const std::string weak = *alipay_key().sign(node, SignType::rsa);
    EXPECT_EQ(reason_of(verify_app_result(result_of(node, weak, "RSA"), kAppPay, keys())),
              "sign_type_not_allowed");
    EXPECT_EQ(
        reason_of(verify_app_result(result_of(node, weak, "RSA"), kAppPay, keys(SignType::rsa))),
        "accepted");
}

TEST(AppResult, IsNotAnErrorThatSomebodySigned) {
    const std::string node = R"({"code":"40004"})";
    const std::string sign = *alipay_key().sign(node, SignType::rsa2);
    EXPECT_EQ(reason_of(verify_app_result(
                  R"({"error_response":)" + node + R"(,"sign":")" + sign + "\"}", kAppPay, keys())),
              "answer_node_missing");
}

}  // namespace
}  // namespace tollgate::signing
