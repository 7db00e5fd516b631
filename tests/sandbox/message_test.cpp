#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <gtest/gtest.h>

#include "base/charset.h"
#include "sandbox/answer.h"
#include "sandbox/base64.h"
#include "sandbox/content.h"
#include "sandbox/messages.h"
#include "sandbox/notice.h"
#include "sandbox/refusal.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

Trade paid_trade(const std::string& charset = "utf-8") {
    return {.order = {.app_id = kAppId,
                      .seller_id = kSellerId,
                      .method = "alipay.trade.page.pay",
                      .out_trade_no = "T_1",
                      .subject = "明前龙井 + tea",
                      .total = Money::from_fen(8880),
                      .return_url = "http://127.0.0.1:9/back?x=1",
                      .passback_params = "a%3D1",
                      .charset = charset},
            .trade_no = "2026111122001",
            .cashier = "c",
            .nonce = "n",
            .status = TradeStatus::trade_success,
            .created_at = kNow,
            .paid_at = kNow};
}

class Messages : public testing::Test {
protected:
    const PrivateKey key_ = *PrivateKey::parse(alipay_keys().private_pem);
    const PublicKey public_ = *PublicKey::parse(alipay_keys().public_pem);
};

// A verdict that shares no code with ours: the openssl command.
bool openssl_verifies(const std::string& content, const std::string& signature_base64) {
    const auto folder =
        std::filesystem::temp_directory_path() / ("tollgate_sandbox_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    const auto write = [&folder](const char* name, const std::string& bytes) {
        std::ofstream(folder / name, std::ios::binary) << bytes;
        return (folder / name).string();
    };
    const std::string command = "openssl dgst -sha256 -verify " +
                                write("key.pem", alipay_keys().public_pem) + " -signature " +
                                write("sign.bin", *from_base64(signature_base64)) + " " +
                                write("content.bin", content) + " > /dev/null 2>&1";
    const int status = std::system(command.c_str());  // NOLINT: a test's own fixed command.
    std::filesystem::remove_all(folder);
    return status == 0;
}

TEST_F(Messages, NotificationIsSignedOverEverythingButSignAndSignType) {
    const auto fields =
        parse_form(*notification_body(trade_notice(paid_trade()), "id1", kNow, {.key = key_}));
    ASSERT_TRUE(fields);
    const std::string content = canonical_content(*fields, ContentRule::notification);
    const std::string sign = value_of(*fields, "sign");
    EXPECT_TRUE(public_.verify(content, sign, SignType::rsa2));
    EXPECT_TRUE(openssl_verifies(content, sign));
    EXPECT_FALSE(openssl_verifies(content + "x", sign));
    EXPECT_EQ(value_of(*fields, "subject"), "明前龙井 + tea");
    EXPECT_EQ(value_of(*fields, "passback_params"), "a%3D1");
    EXPECT_EQ(value_of(*fields, "trade_status"), "TRADE_SUCCESS");
    EXPECT_EQ(value_of(*fields, "total_amount"), "88.80");
    EXPECT_EQ(value_of(*fields, "gmt_payment"), "2026-11-11 00:00:00");
    EXPECT_EQ(value_of(*fields, "fund_bill_list"),
              R"([{"amount":"88.80","fundChannel":"ALIPAYACCOUNT"}])");
}

TEST_F(Messages, NotificationFollowsTheCharsetOfTheRequest) {
    const auto fields =
        parse_form(*notification_body(trade_notice(paid_trade("GBK")), "id1", kNow, {.key = key_}));
    EXPECT_EQ(value_of(*fields, "charset"), "GBK");
    EXPECT_EQ(*to_utf8(value_of(*fields, "subject"), "gbk"), "明前龙井 + tea");
    EXPECT_TRUE(public_.verify(canonical_content(*fields, ContentRule::notification),
                               value_of(*fields, "sign"), SignType::rsa2));
}

TEST_F(Messages, ReturnKeepsTheMerchantsOwnParametersOutOfTheSignature) {
    const std::string url = *return_address(paid_trade(), kNow, key_);
    ASSERT_TRUE(url.starts_with("http://127.0.0.1:9/back?x=1&"));
    const auto fields = parse_form(url.substr(28));
    EXPECT_TRUE(public_.verify(canonical_content(*fields, ContentRule::notification),
                               value_of(*fields, "sign"), SignType::rsa2));
    EXPECT_EQ(value_of(*fields, "method"), "alipay.trade.page.pay.return");
    EXPECT_FALSE(has_field(*fields, "trade_status"));
}

TEST_F(Messages, AnswerIsSignedOverTheNodeAsSent) {
    const auto answer =
        gateway_answer(success_node({{"qr_code", "http://x/y"}}),
                       {.method = "alipay.trade.precreate", .has_signature = true}, key_);
    EXPECT_EQ(answer.content_type, "text/html;charset=utf-8");
    const std::string node = R"({"code":"10000","msg":"Success","qr_code":"http:\/\/x\/y"})";
    const std::string head = R"({"alipay_trade_precreate_response":)" + node + R"(,"sign":")";
    ASSERT_TRUE(answer.body.starts_with(head));
    const std::string sign = answer.body.substr(head.size(), answer.body.size() - head.size() - 2);
    EXPECT_TRUE(public_.verify(node, sign, SignType::rsa2));
    EXPECT_TRUE(openssl_verifies(node, sign));
}

TEST_F(Messages, GatewayErrorsAreNotSigned) {
    const Json node = refusal_node(refusal("isv.invalid-app-id", "无效的AppID参数"));
    EXPECT_EQ(gateway_answer(node, {}, key_).body,
              R"({"error_response":{"code":"40002","msg":"Invalid Arguments",)"
              R"("sub_code":"isv.invalid-app-id","sub_msg":"无效的AppID参数"}})");
    EXPECT_TRUE(gateway_answer(node, {.method = "alipay.trade.query"}, key_)
                    .body.ends_with(R"(,"sign":""})"));
    EXPECT_EQ(gateway_code_of("ACQ.TRADE_NOT_EXIST").code, "40004");
    EXPECT_EQ(gateway_code_of("isv.missing-method").code, "40001");
}

// A method's own SYSTEM_ERROR is one of its business codes; the gateway's is not.
TEST(Refusal, SystemErrorsDifferByWhoSaysThem) {
    EXPECT_EQ(gateway_code_of("ACQ.SYSTEM_ERROR").code, "40004");
    EXPECT_EQ(gateway_code_of("SYSTEM_ERROR").code, "40004");
    EXPECT_EQ(gateway_code_of("aop.ACQ.SYSTEM_ERROR").code, "20000");
    EXPECT_EQ(gateway_code_of("isp.SYSTEM_ERROR").code, "20000");
    EXPECT_EQ(gateway_code_of("isp.unknow-error").code, "20000");
}

TEST_F(Messages, AppResultIsASignedJsonText) {
    const auto json = parse_object(app_result(paid_trade(), kNow, key_));
    ASSERT_TRUE(json);
    EXPECT_EQ(text_member(*json, "sign_type"), "RSA2");
    EXPECT_EQ(text_member(*member(*json, "alipay_trade_app_pay_response"), "total_amount"),
              "88.80");
}

}  // namespace
}  // namespace tollgate::sandbox
