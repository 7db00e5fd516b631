#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/charset.h"
#include "base/time_text.h"
#include "sandbox/content.h"
#include "sandbox/signed_request.h"
#include "tests/sandbox/request_maker.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

using testing::HasSubstr;

constexpr const char* kPage = "alipay.trade.page.pay";

class Signature : public testing::Test {
protected:
    Error refused(const Fields& query, const Fields& body = {}) {
        outline_ = {};
        const std::string raw_query = to_form(query);
        const std::string raw_body = to_form(body);
        const auto judged = judge_.judge({.query = raw_query, .body = raw_body}, kNow, outline_);
        if (judged) return {ErrorCode::internal, "it was accepted"};
        return judged.error();
    }
    std::string code(const Fields& query, const Fields& body = {}) {
        return refused(query, body).reason();
    }
    static std::string signature_of(const std::string& content, const std::string& private_pem) {
        return *PrivateKey::parse(private_pem)->sign(content, SignType::rsa2);
    }

    const Apps apps_ = two_apps();
    const RequestJudge judge_{apps_, *PublicKey::parse(alipay_keys().public_pem)};
    RequestOutline outline_;
    const Fields good_ = signed_request(kPage, biz_of_page_pay());
    const Fields unsigned_ = unsigned_request(kPage, biz_of_page_pay());
};

TEST_F(Signature, AcceptsQueryAloneAndQueryWithBody) {
    EXPECT_EQ(refused(good_).message(), "it was accepted");
    const Fields body = {{"biz_content", value_of(good_, "biz_content")}};
    EXPECT_EQ(refused(without(good_, "biz_content"), body).message(), "it was accepted");
    // Several SDKs send everything in the form and repeat charset in the query.
    EXPECT_EQ(refused({{"charset", "utf-8"}}, good_).message(), "it was accepted");
    EXPECT_TRUE(outline_.signature_proved);
}

TEST_F(Signature, NamesEveryMissingParameter) {
    EXPECT_EQ(code(without(good_, "app_id")), "isv.missing-app-id");
    EXPECT_EQ(code(without(good_, "method")), "isv.missing-method");
    EXPECT_EQ(code(without(good_, "sign_type")), "isv.missing-signature-type");
    EXPECT_EQ(code(without(good_, "timestamp")), "isv.missing-timestamp");
    EXPECT_EQ(code(without(good_, "version")), "isv.missing-version");
    EXPECT_EQ(code(unsigned_), "isv.missing-signature");
    EXPECT_EQ(code(without(good_, "charset")), "isv.invalid-charset");
    EXPECT_FALSE(outline_.signature_proved);
}

TEST_F(Signature, CharsetMustStandInTheQuery) {
    const Error error = refused({}, good_);
    EXPECT_EQ(error.reason(), "isv.invalid-charset");
    EXPECT_THAT(error.message(), HasSubstr("请确认charset参数放在了URL查询字符串中"));
}

TEST_F(Signature, NamesEveryWrongParameter) {
    EXPECT_EQ(code(with(good_, "app_id", "1")), "isv.invalid-app-id");
    EXPECT_EQ(code(with(without(good_, "sign"), "app_id", "1")), "isv.invalid-app-id");
    EXPECT_EQ(code(with(good_, "method", "alipay.trade.nothing")), "isv.invalid-method");
    EXPECT_EQ(code(with(good_, "sign_type", "MD5")), "isv.invalid-signature-type");
    EXPECT_EQ(code(with(good_, "sign_type", "RSA")), "isv.invalid-signature-type");
    EXPECT_EQ(code(with(good_, "version", "2.0")), "isv.invalid-version");
    EXPECT_EQ(code(with(good_, "format", "xml")), "isv.invalid-format");
    EXPECT_EQ(code(with(good_, "charset", "latin1")), "isv.invalid-charset");
    EXPECT_EQ(code(with(good_, "timestamp", "2026-11-11T00:00:00")), "isv.invalid-timestamp");
}

TEST_F(Signature, RefusesAParameterThatStandsTwice) {
    Fields twice = good_;
    twice.push_back({.name = "app_id", .value = kAppId});
    EXPECT_THAT(refused(twice).message(), HasSubstr("app_id"));
    EXPECT_EQ(code(good_, {{"method", kPage}}), "isv.invalid-parameter");
    EXPECT_EQ(code(good_, {{"charset", "gbk"}}), "isv.invalid-parameter");
}

TEST_F(Signature, TheTimestampIsChinaTimeAndFresh) {
    const auto at = [this](std::chrono::minutes away) {
        return signed_with(with(unsigned_request(kQuery, {{"out_trade_no", "T_1"}}), "timestamp",
                                to_beijing(kNow + away)),
                           app_keys().private_pem);
    };
    EXPECT_EQ(refused(at(std::chrono::minutes(-15))).message(), "it was accepted");
    EXPECT_EQ(code(at(std::chrono::minutes(-16))), "isv.invalid-timestamp");
    EXPECT_EQ(code(at(std::chrono::minutes(16))), "isv.invalid-timestamp");
    EXPECT_EQ(code(at(std::chrono::hours(-8))), "isv.invalid-timestamp");  // UTC by mistake.
}

TEST_F(Signature, ALinkMayBeOpenedLate) {
    const Fields late =
        signed_with(with(unsigned_, "timestamp", to_beijing(kNow + std::chrono::minutes(-20))),
                    app_keys().private_pem);
    EXPECT_EQ(refused(late).message(), "it was accepted");
}

TEST_F(Signature, ShowsTheTextItBuilt) {
    const Error error = refused(with(good_, "notify_url", "http://127.0.0.1:9/other"));
    EXPECT_EQ(error.reason(), "isv.invalid-signature");
    EXPECT_THAT(error.message(),
                HasSubstr("验签字符串为：" +
                          canonical_content(with(good_, "notify_url", "http://127.0.0.1:9/other"),
                                            ContentRule::request)));
    EXPECT_THAT(error.message(), HasSubstr("no known mistake fits"));
}

TEST_F(Signature, NamesEachKnownMistake) {
    const auto hint = [this](const Fields& fields) { return refused(fields).message(); };
    const auto signing = [this](const std::string& content, const std::string& pem) {
        return with(unsigned_, "sign", signature_of(content, pem));
    };
    const std::string& mine = app_keys().private_pem;
    const std::string content = canonical_content(unsigned_, ContentRule::request);

    EXPECT_THAT(hint(signing(canonical_content(unsigned_, ContentRule::notification), mine)),
                HasSubstr("sign_type was left out"));
    Fields encoded = unsigned_;
    for (Field& field : encoded) field.value = encode_component(field.value);
    EXPECT_THAT(hint(signing(canonical_content(encoded, ContentRule::request), mine)),
                HasSubstr("percent-encoded before signing"));
    EXPECT_THAT(hint(signed_with(unsigned_, mine, SignType::rsa)), HasSubstr("signed as RSA"));
    EXPECT_THAT(hint(signing(content, other_keys().private_pem)),
                HasSubstr("private key of app 9021000000000002"));
    EXPECT_THAT(hint(signing(content, alipay_keys().private_pem)),
                HasSubstr("Alipay's own private key"));
    std::string wire;
    for (const Field& field : unsigned_) {
        wire += (wire.empty() ? "" : "&") + field.name + "=" + field.value;
    }
    EXPECT_THAT(hint(signing(wire, mine)), HasSubstr("not sorted"));
    EXPECT_THAT(hint(signing(*tollgate::from_utf8(content, "gbk"), mine)),
                HasSubstr("another charset"));
    EXPECT_THAT(hint(with(good_, "sign", "no base64!")), HasSubstr("hold"));
    EXPECT_THAT(hint(with(good_, "sign", "QUJD")), HasSubstr("length"));
}

TEST_F(Signature, TellsAPlusThatBecameASpace) {
    // Signatures differ; sooner or later one holds a '+'.
    for (int i = 0; i < 100; ++i) {
        Fields fields = signed_with(with(unsigned_, "return_url", "http://x/" + std::to_string(i)),
                                    app_keys().private_pem);
        std::string sign = value_of(fields, "sign");
        const std::size_t plus = sign.find('+');
        if (plus == std::string::npos) continue;
        std::ranges::replace(sign, '+', ' ');
        EXPECT_THAT(refused(with(fields, "sign", sign)).message(), HasSubstr("became a space"));
        return;
    }
    FAIL() << "none of a hundred signatures held a '+'";
}

// There is nobody here who could act for another.
TEST_F(Signature, NoAppAuthTokenIsAnybodys) {
    const Fields acting = with(unsigned_, "app_auth_token", "202611BB00000000000000000000000001");
    EXPECT_EQ(code(signed_with(acting, app_keys().private_pem)), "aop.invalid-app-auth-token");
    EXPECT_TRUE(outline_.signature_proved);
    EXPECT_EQ(code(with(good_, "app_auth_token", "x")), "isv.invalid-signature");
}

TEST_F(Signature, TakesTheAppAuthTokenOfTheSettings) {
    Apps apps = two_apps();
    apps.front().app_auth_token = std::make_shared<const Secret>("202611BB01");
    const RequestJudge judge(apps, *PublicKey::parse(alipay_keys().public_pem));
    const auto acting_with = [&](const std::string& token) {
        const std::string query =
            to_form(signed_with(with(unsigned_, "app_auth_token", token), app_keys().private_pem));
        const auto judged = judge.judge({.query = query, .body = ""}, kNow, outline_);
        return judged ? "accepted" : judged.error().reason();
    };
    EXPECT_EQ(acting_with("202611BB01"), "accepted");
    EXPECT_EQ(acting_with("202611BB02"), "aop.invalid-app-auth-token");
}

TEST_F(Signature, EmptyValuesTakeNoPart) {
    Fields fields = good_;
    fields.push_back({.name = "auth_token", .value = ""});
    EXPECT_EQ(refused(fields).message(), "it was accepted");
}

TEST_F(Signature, GbkIsVerifiedOverItsBytes) {
    Fields fields = with(unsigned_, "charset", "GBK");
    for (Field& field : fields) field.value = *tollgate::from_utf8(field.value, "gbk");
    const std::string query = to_form(signed_with(fields, app_keys().private_pem));
    const auto judged = judge_.judge({.query = query, .body = ""}, kNow, outline_);
    ASSERT_TRUE(judged) << judged.error().message();
    EXPECT_EQ(text_member(judged->biz, "subject"), "龙井 tea");
}

TEST_F(Signature, RefusesUrlsThatAlipayWould) {
    const auto url = [this](const char* name, const char* value) {
        return code(signed_with(with(unsigned_, name, value), app_keys().private_pem));
    };
    EXPECT_EQ(url("notify_url", "http://127.0.0.1/notify?id=1"), "isv.invalid-parameter");
    EXPECT_EQ(url("notify_url", "127.0.0.1/notify"), "isv.invalid-parameter");
    EXPECT_EQ(url("return_url", "javascript:alert(1)"), "isv.invalid-parameter");
    EXPECT_EQ(url("return_url", "http://x/ y"), "isv.invalid-parameter");
}

TEST_F(Signature, BizContentMustBeOneJsonObject) {
    for (const char* text : {"[]", "{", "null", "\"x\"", "{} {}"}) {
        EXPECT_EQ(code(signed_with(with(unsigned_, "biz_content", text), app_keys().private_pem)),
                  "isv.illegal-json")
            << text;
        EXPECT_TRUE(outline_.signature_proved);
    }
}

TEST(Keys, AreReadInEveryFormThatAlipayHandsOut) {
    EXPECT_TRUE(PrivateKey::parse(app_keys().private_pem));
    EXPECT_TRUE(PrivateKey::parse(bare(app_keys().private_pem)));
    EXPECT_TRUE(PublicKey::parse(bare(app_keys().public_pem)));
    EXPECT_FALSE(PrivateKey::parse(app_keys().public_pem));
    EXPECT_FALSE(PublicKey::parse(app_keys().private_pem));
    EXPECT_FALSE(PublicKey::parse(""));
}

}  // namespace
}  // namespace tollgate::sandbox
