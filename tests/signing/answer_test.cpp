#include <string>

#include <gtest/gtest.h>

#include "signing/answer.h"
#include "signing/json_scan.h"
#include "tests/signing/keys.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kMethod = "alipay.trade.query";
constexpr std::string_view kNode = R"({"code":"10000","out_trade_no":"T1"})";

std::string split_reason(const std::string& body) {
    const auto answer = split_answer(body, kMethod);
    return answer ? "accepted" : answer.error().reason();
}

std::string answer_body(std::string_view node, std::string_view sign) {
    return R"({"alipay_trade_query_response":)" + std::string(node) + R"(,"sign":")" +
           std::string(sign) + R"("})";
}

std::string verify_reason(const std::string& body, const PublicKey& key) {
    const auto answer = split_answer(body, kMethod);
    if (!answer) return answer.error().reason();
    const std::vector<PublicKey> keys{key};
    const auto verified = verify_answer(*answer, keys, SignType::rsa2);
    if (verified) return "accepted";
    EXPECT_EQ(verified.error().code(), ErrorCode::unauthenticated);
    return verified.error().reason();
}

TEST(Answer, TakesTheNodeByteForByte) {
    const std::string body =
        " {\n\"sign\" : \"ab\\/c\" , \"alipay_cert_sn\":\"5d\",\t"
        "\"alipay_trade_query_response\" :  { \"a\" : \"}{\\\"\" } } \r\n";
    const auto answer = split_answer(body, kMethod);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->node_text, "{ \"a\" : \"}{\\\"\" }");
    EXPECT_EQ(answer->node_name, "alipay_trade_query_response");
    EXPECT_EQ(answer->sign, "ab/c");
    EXPECT_EQ(answer->alipay_cert_sn, "5d");
    EXPECT_FALSE(answer->is_error_response);
    EXPECT_FALSE(answer->node_is_string);
}

TEST(Answer, TellsErrorsAndCiphertextApart) {
    const std::string failed = R"({"error_response":{"code":"40002"},"sign":""})";
    EXPECT_TRUE(split_answer(failed, kMethod)->is_error_response);
    EXPECT_EQ(split_answer(failed, kMethod)->node_name, "error_response");
    const std::string encrypted = R"({"alipay_trade_query_response":"q83v","sign":"x"})";
    const auto answer = split_answer(encrypted, kMethod);
    EXPECT_TRUE(answer->node_is_string);
    EXPECT_EQ(answer->node_text, "\"q83v\"");
}

TEST(Answer, RefusesWhatTwoParsersWouldReadDifferently) {
    const std::string node = R"("alipay_trade_query_response":{})";
    for (const std::string& body :
         {"{" + node + "," + node + R"(,"sign":"x"})",
          "{" + node + R"(,"alipay_trade_query_respons\u0065":{},"sign":"x"})",
          "{" + node + R"(,"error_response":{},"sign":"x"})",
          "{" + node + R"(,"sign":"x","sign":"y"})", "{" + node + R"(,"sign":"x","sig\u006e":"y"})",
          "{" + node + R"(,"alipay_cert_sn":"1","alipay_cert_sn":"2","sign":"x"})"}) {
        const auto answer = split_answer(body, kMethod);
        ASSERT_FALSE(answer) << body;
        EXPECT_EQ(answer.error().reason(), "answer_duplicate_node") << body;
        EXPECT_EQ(answer.error().code(), ErrorCode::unauthenticated);
    }
    const std::string inside =
        R"({"alipay_trade_query_response":{"sign":"1","error_response":{}},"sign":"x"})";
    EXPECT_EQ(split_answer(inside, kMethod)->sign, "x");
}

TEST(Answer, RefusesWhatIsNoJsonObject) {
    for (const char* body : {"",
                             " ",
                             "{",
                             "}",
                             "[]",
                             "null",
                             "\"x\"",
                             "<html></html>",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{,}",
                             "{\"a\":1 \"b\":2}",
                             "{'a':1}",
                             "{\"a\":{]}",
                             "{\"a\":[}}",
                             "{\"a\":[{]}}",
                             "{\"a\":{",
                             "{\"a\":\"",
                             "{\"a\":\"\\",
                             "{\"a\":1}x",
                             "{\"a\":1}{\"b\":1}",
                             "{\"\\u12\":1}",
                             "{\"\\ud800\":1}",
                             "{\"\\udc00\":1}",
                             "{\"\\x\":1}",
                             "\xEF\xBB\xBF{}"}) {
        EXPECT_EQ(split_reason(body), "answer_malformed") << body;
    }
    EXPECT_EQ(split_reason(std::string("{\"a\":1}\0", 8)), "answer_malformed");
}

TEST(Answer, RefusesPartsOfTheWrongKind) {
    const std::string node = R"("alipay_trade_query_response":)";
    for (const char* rest :
         {"1}", "null}", "true}", "[]}", "[{}]}", "{},\"sign\":1}", "{},\"sign\":null}",
          "{},\"sign\":{}}", "{},\"sign\":\"\\q\"}", "{},\"alipay_cert_sn\":[]}", "{}}x"}) {
        std::string body = "{";
        body.append(node).append(rest);
        EXPECT_EQ(split_reason(body), "answer_malformed") << body;
    }
    EXPECT_EQ(split_reason("{}"), "answer_node_missing");
    EXPECT_EQ(split_reason(R"({"alipay_trade_pay_response":{},"sign":"x"})"),
              "answer_node_missing");
}

TEST(Answer, DepthAndWidthAreBounded) {
    const std::string deep = std::string(kJsonDepthMax, '[') + std::string(kJsonDepthMax, ']');
    EXPECT_TRUE(scan_json_object("{\"a\":" + deep + "}"));
    EXPECT_FALSE(scan_json_object("{\"a\":[" + deep + "]}"));
    EXPECT_FALSE(scan_json_object("{\"a\":" + std::string(1'000'000, '[')));
    std::string wide = "{\"n\":1";
    for (std::size_t i = 1; i < kJsonMembersMax; ++i) wide += ",\"m\":1";
    EXPECT_TRUE(scan_json_object(wide + "}"));
    EXPECT_FALSE(scan_json_object(wide + ",\"m\":1}"));
}

TEST(Answer, EveryCutIsRefused) {
    const std::string body = answer_body(kNode, *alipay_key().sign(kNode, SignType::rsa2));
    for (std::size_t size = 0; size < body.size(); ++size) {
        ASSERT_EQ(split_reason(body.substr(0, size)), "answer_malformed") << size;
    }
    EXPECT_EQ(split_reason(body), "accepted");
}

TEST(Answer, VerifiesOnlyTheSignedBytes) {
    const PublicKey key = alipay_key().public_half();
    const std::string sign = *alipay_key().sign(kNode, SignType::rsa2);
    EXPECT_EQ(verify_reason(answer_body(kNode, sign), key), "accepted");
    EXPECT_EQ(verify_reason(answer_body(kNode, sign), other_key().public_half()), "sign_mismatch");
    EXPECT_EQ(verify_reason(answer_body(R"({"code":"10000", "out_trade_no":"T1"})", sign), key),
              "sign_mismatch");
    EXPECT_EQ(verify_reason(answer_body(kNode, ""), key), "answer_sign_missing");
    EXPECT_EQ(verify_reason(answer_body(kNode, "wrong-sing"), key), "sign_not_base64");
    EXPECT_EQ(verify_reason(R"({"alipay_trade_query_response":{}})", key), "answer_sign_missing");
}

TEST(Answer, WithoutAKeyNothingVerifies) {
    const std::string body = answer_body(kNode, *alipay_key().sign(kNode, SignType::rsa2));
    const auto answer = split_answer(body, kMethod);
    EXPECT_EQ(verify_answer(*answer, {}, SignType::rsa2).error().reason(), "answer_no_key");
}

TEST(Answer, CiphertextIsSignedWithItsQuotes) {
    const PublicKey key = alipay_key().public_half();
    const std::string with_quotes = *alipay_key().sign("\"q83v\"", SignType::rsa2);
    const std::string without = *alipay_key().sign("q83v", SignType::rsa2);
    EXPECT_EQ(verify_reason(answer_body("\"q83v\"", with_quotes), key), "accepted");
    EXPECT_EQ(verify_reason(answer_body("\"q83v\"", without), key), "sign_mismatch");
}

TEST(Answer, EscapedSlashesMayHaveBeenSignedPlainButNotTheOtherWayRound) {
    const PublicKey key = alipay_key().public_half();
    const std::string escaped = R"({"qr_code":"https:\/\/qr.alipay.com\/b"})";
    const std::string plain = R"({"qr_code":"https://qr.alipay.com/b"})";
    const std::string over_escaped = *alipay_key().sign(escaped, SignType::rsa2);
    const std::string over_plain = *alipay_key().sign(plain, SignType::rsa2);
    EXPECT_EQ(verify_reason(answer_body(escaped, over_escaped), key), "accepted");
    EXPECT_EQ(verify_reason(answer_body(escaped, over_plain), key), "accepted");
    EXPECT_EQ(verify_reason(answer_body(plain, over_plain), key), "accepted");
    EXPECT_EQ(verify_reason(answer_body(plain, over_escaped), key), "sign_mismatch");
}

TEST(JsonString, DecodesEscapes) {
    EXPECT_EQ(*decode_json_string(R"("a\"\\\/\b\f\n\r\t\u0041\u6d4b\ud83e\udde7")"),
              "a\"\\/\b\f\n\r\tA测🧧");
    for (const char* text : {"", "\"", "a", "\"a", "a\"", "\"\\\"", "\"\\u00g0\"", "\"\\u004\"",
                             "\"\\ud83e\"", "\"\\ud83e\\u0041\"", "\"\\udde7\"", "\"a\"b\""}) {
        EXPECT_FALSE(decode_json_string(text)) << text;
    }
}

}  // namespace
}  // namespace tollgate::signing
