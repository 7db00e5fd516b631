// Content encryption of the pretend Alipay, with the product's own cipher as the other side: each
// opens what the other has closed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing/content_cipher.h"
#include "tests/sandbox/desk_world.h"
#include "tests/sandbox/test_keys.h"

namespace tollgate::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kKey = "MDEyMzQ1Njc4OWFiY2RlZg==";

config::SandboxAlipay settings_with_key(const std::string& encrypt_key) {
    config::SandboxAlipay made;
    made.private_key = Secret(alipay_keys().private_pem);
    made.apps.push_back({.app_id = kAppId,
                         .seller_id = kSellerId,
                         .app_public_key = app_keys().public_pem,
                         .name = "Green Bamboo"});
    made.apps.back().encrypt_key = Secret(encrypt_key);
    return made;
}

class Encrypted : public testing::TestWithParam<const char*> {
protected:
    std::string close(const std::string& text) { return key_.encrypt(text, world_.entropy); }
    transport::ServerResponse ask(const std::string& method, const std::string& biz) {
        return world_.v2(method, {.biz_content = close(biz),
                                  .more = {{.name = "encrypt_type", .value = GetParam()}}});
    }
    // The node, once its signature has been checked over the quoted ciphertext.
    std::string opened(const transport::ServerResponse& answer) {
        const auto texts = texts_of(answer);
        const auto alipay = *PublicKey::parse(alipay_keys().public_pem);
        EXPECT_TRUE(alipay.verify(texts.node, texts.sign, SignType::rsa2)) << answer.body;
        EXPECT_TRUE(texts.node.starts_with('"') && texts.node.ends_with('"')) << answer.body;
        const auto text = key_.decrypt(texts.node.substr(1, texts.node.size() - 2));
        return text ? *text : text.error().message();
    }

    DeskWorld world_{settings_with_key(kKey), app_keys().private_pem};
    const signing::ContentKey key_ =
        *signing::ContentKey::parse(kKey, *signing::encrypt_type_from(GetParam()));
};

INSTANTIATE_TEST_SUITE_P(Types, Encrypted, testing::Values("AES", "AES_V2"));

TEST_P(Encrypted, AnswersComeAsTheRequestDid) {
    const auto made = ask("alipay.trade.precreate",
                          R"({"out_trade_no":"T_1","total_amount":"88.80","subject":"龙井 tea"})");
    EXPECT_THAT(opened(made), HasSubstr(R"("code":"10000")"));
    EXPECT_THAT(made.body, Not(HasSubstr("10000")));
    // A refusal of the business is no less secret.
    EXPECT_THAT(opened(ask(kQuery, kNobodys)), HasSubstr("ACQ.TRADE_NOT_EXIST"));
    EXPECT_NE(ask(kQuery, kNobodys).body == ask(kQuery, kNobodys).body,
              std::string_view(GetParam()) == "AES_V2")
        << "only with a random IV is the same text another one each time";
}

TEST_P(Encrypted, WhatCannotBeOpenedIsRefusedInPlainAndSigned) {
    const auto refused =
        world_.v2(kQuery, {.biz_content = "AAAA" + close(kNobodys),
                           .more = {{.name = "encrypt_type", .value = GetParam()}}});
    const auto texts = texts_of(refused);
    EXPECT_THAT(texts.node, HasSubstr("isv.decryption-error-unknown"));
    EXPECT_THAT(texts.node, HasSubstr(R"("code":"40003")"));
    const auto alipay = *PublicKey::parse(alipay_keys().public_pem);
    EXPECT_TRUE(alipay.verify(texts.node, texts.sign, SignType::rsa2));
}

TEST_P(Encrypted, WhatAnAppHasNotSaidIsNotGuessed) {
    EXPECT_EQ(sub_code_of(world_.v2(kQuery, {.biz_content = close(kNobodys)})),
              "isv.decryption-error-missing-encrypt-type");
    EXPECT_EQ(sub_code_of(world_.v2(kQuery, {.biz_content = close(kNobodys),
                                             .more = {{.name = "encrypt_type", .value = "DES"}}})),
              "isv.invalid-encrypt-type");
    // An app may go on sending plain text, and is answered so.
    EXPECT_EQ(sub_code_of(world_.v2(kQuery, {.biz_content = kNobodys})), "ACQ.TRADE_NOT_EXIST");
    DeskWorld off(settings_with_key(""), app_keys().private_pem);
    EXPECT_EQ(
        sub_code_of(off.v2(kQuery, {.biz_content = close(kNobodys),
                                    .more = {{.name = "encrypt_type", .value = GetParam()}}})),
        "isv.missing-encrypt-key");
}

TEST_P(Encrypted, ApiV3EncryptsBodiesAndSignsTheCiphertext) {
    const auto post = [this](const std::string& path, const std::string& body) {
        return world_.v3(path, {.body = body,
                                .headers = {{"Content-Type", "text/plain"},
                                            {"alipay-encrypt-type", GetParam()}}});
    };
    const auto made =
        post("alipay/trade/precreate",
             close(R"({"out_trade_no":"T_1","total_amount":"88.80","subject":"tea"})"));
    ASSERT_EQ(made.status, 200) << made.body;
    const auto header = [&made](const char* name) {
        return std::string(transport::find_header(made.headers, name).value_or(""));
    };
    const auto alipay = *PublicKey::parse(alipay_keys().public_pem);
    EXPECT_TRUE(alipay.verify(
        header("alipay-timestamp") + "\n" + header("alipay-nonce") + "\n" + made.body + "\n",
        header("alipay-signature"), SignType::rsa2));
    EXPECT_EQ(header("alipay-encrypt-type"), GetParam());
    const auto text = key_.decrypt(made.body);
    ASSERT_TRUE(text) << made.body;
    EXPECT_THAT(*text, HasSubstr(R"("qr_code":)"));
    // Failures are plain, as they are not signed.
    EXPECT_THAT(post("alipay/trade/query", close(kNobodys)).body, HasSubstr("ACQ.TRADE_NOT_EXIST"));
    EXPECT_THAT(post("alipay/trade/query", "AAAA" + close(kNobodys)).body,
                HasSubstr("decryption-error-unknown"));
}

TEST(EncryptKey, MustBeSixteenBytes) {
    EXPECT_TRUE(ContentKey::parse(std::string(kKey) + "\n"));
    for (const char* wrong : {"", "MDEyMzQ1Njc4OWFiY2Rl", "not base64"}) {
        EXPECT_FALSE(ContentKey::parse(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace tollgate::sandbox
