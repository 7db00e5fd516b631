#include "signing/v3.h"

#include <gtest/gtest.h>

#include "tests/signing/keys.h"
#include "tests/signing/reason.h"

namespace tollgate::signing {
namespace {

V3Request query() {
    return {.app_id = "2021000000000001",
            .nonce = "5ba3a4d6",
            .now = {1'700'000'000'123},
            .http_method = "POST",
            .target = "/v3/alipay/trade/query",
            .body = R"({"out_trade_no":"A"})"};
}

TEST(V3Request, SignsFiveLinesInKeyMode) {
    EXPECT_EQ(*v3_request_content(query()),
              "app_id=2021000000000001,nonce=5ba3a4d6,timestamp=1700000000123\n"
              "POST\n/v3/alipay/trade/query\n{\"out_trade_no\":\"A\"}\n");
}

TEST(V3Request, SignsWhateverElseItCarries) {
    V3Request request = query();
    request.app_cert_sn = "866efef280dec9137a87d047ac446315";
    request.expires_in = std::chrono::seconds(120);
    request.http_method = "GET";
    request.target = "/v3/alipay/fund/quota/query?a=1&b=%E4%BD%A0";
    request.body = "";
    request.app_auth_token = "201510BBb507dc9f5efe41a0b98ae22f01519X62";
    EXPECT_EQ(*v3_request_content(request),
              "app_id=2021000000000001,app_cert_sn=866efef280dec9137a87d047ac446315,"
              "nonce=5ba3a4d6,timestamp=1700000000123,expired_seconds=120\n"
              "GET\n/v3/alipay/fund/quota/query?a=1&b=%E4%BD%A0\n\n"
              "201510BBb507dc9f5efe41a0b98ae22f01519X62\n");
}

TEST(V3Request, CarriesTheSignatureOfThatText) {
    const auto header = v3_authorization(query(), app_key());
    ASSERT_TRUE(header);
    const std::string before =
        "ALIPAY-SHA256withRSA app_id=2021000000000001,nonce=5ba3a4d6,timestamp=1700000000123,sign=";
    ASSERT_TRUE(header->starts_with(before));
    EXPECT_TRUE(app_key().public_half().verify(*v3_request_content(query()),
                                               header->substr(before.size()), SignType::rsa2));
}

TEST(V3Request, RefusesPartsThatWouldShiftTheOthers) {
    const auto reason = [](auto change) {
        V3Request request = query();
        change(request);
        return reason_of(v3_authorization(request, app_key()));
    };
    EXPECT_EQ(reason([](V3Request& r) { r.app_id = ""; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.nonce = ""; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.nonce = "a,timestamp=1"; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.app_cert_sn = "a\nb"; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.target = "v3"; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.target = "/v3\nPOST"; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.http_method = ""; }), "v3_request_malformed");
    EXPECT_EQ(reason([](V3Request& r) { r.app_auth_token = "a\nb"; }), "v3_request_malformed");
}

TEST(V3Answer, VerifiesTheThreeLinesAndNothingElse) {
    const std::string body = R"({"trade_no":"1"})";
    const auto signature = alipay_key().sign("1700000000456\nn1\n" + body + "\n", SignType::rsa2);
    ASSERT_TRUE(signature);
    const std::vector<PublicKey> keys{other_key().public_half(), alipay_key().public_half()};
    const V3Answer answer{
        .timestamp = "1700000000456", .nonce = "n1", .signature = *signature, .body = body};
    EXPECT_TRUE(verify_v3_answer(answer, keys));
    const auto reason = [&](auto change) {
        V3Answer changed = answer;
        change(changed);
        return reason_of(verify_v3_answer(changed, keys));
    };
    EXPECT_EQ(reason([](V3Answer& a) { a.body = R"({"trade_no":"2"})"; }), "sign_mismatch");
    EXPECT_EQ(reason([](V3Answer& a) { a.nonce = "n2"; }), "sign_mismatch");
    EXPECT_EQ(reason([](V3Answer& a) { a.timestamp = "1700000000457"; }), "sign_mismatch");
    EXPECT_EQ(reason([](V3Answer& a) { a.signature = ""; }), "answer_sign_missing");
    EXPECT_EQ(reason([](V3Answer& a) { a.signature = "null"; }), "answer_sign_missing");
    EXPECT_EQ(reason([](V3Answer& a) { a.nonce = ""; }), "answer_header_malformed");
    EXPECT_EQ(reason_of(verify_v3_answer(answer, {})), "answer_no_key");
}

// "n1\n{}" as a nonce and "" as a body would give the same text as "n1" and "{}\n".
TEST(V3Answer, RefusesALineEndInsideAHeader) {
    const auto signature = alipay_key().sign("1\nn1\n{}\n\n", SignType::rsa2);
    const std::vector<PublicKey> keys{alipay_key().public_half()};
    EXPECT_EQ(
        reason_of(verify_v3_answer(
            {.timestamp = "1", .nonce = "n1\n{}", .signature = *signature, .body = ""}, keys)),
        "answer_header_malformed");
}

}  // namespace
}  // namespace tollgate::signing
