#include <string>

#include <openssl/err.h>

#include <gtest/gtest.h>

#include "signing/base64.h"
#include "tests/signing/keys.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kContent = "app_id=2021000000000001&total_amount=12.30";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

std::string signature_reason(const PublicKey& key, std::string_view content, std::string_view sign,
                             SignType type = SignType::rsa2) {
    const auto verified = key.verify(content, sign, type);
    if (verified) return "accepted";
    EXPECT_EQ(verified.error().code(), ErrorCode::unauthenticated);
    EXPECT_EQ(ERR_peek_error(), 0U) << "OpenSSL's error queue is not clean";
    return verified.error().reason();
}

TEST(Signature, BothTypesVerifyAndAreNotEachOther) {
    const PublicKey key = alipay_key().public_half();
    for (const SignType type : {SignType::rsa2, SignType::rsa}) {
        const SignType other = type == SignType::rsa2 ? SignType::rsa : SignType::rsa2;
        const std::string sign = *alipay_key().sign(kContent, type);
        EXPECT_EQ(sign.size(), 344U);
        EXPECT_EQ(sign.find('\n'), std::string::npos);
        EXPECT_EQ(signature_reason(key, kContent, sign, type), "accepted");
        EXPECT_EQ(signature_reason(key, kContent, sign, other), "sign_mismatch");
        EXPECT_EQ(*alipay_key().sign(kContent, type), sign) << "PKCS#1 v1.5 has no randomness";
    }
}

TEST(Signature, EverySingleCharacterChangeIsRefused) {
    const PublicKey key = alipay_key().public_half();
    const std::string sign = *alipay_key().sign(kContent, SignType::rsa2);
    int tried = 0;
    for (std::size_t i = 0; i < sign.size(); ++i) {
        for (const char c : kAlphabet) {
            if (c == sign[i]) continue;
            std::string changed = sign;
            changed[i] = c;
            ASSERT_NE(signature_reason(key, kContent, changed), "accepted") << i << c;
            ++tried;
        }
    }
    EXPECT_EQ(tried, 344 * 64);
}

TEST(Signature, EveryOtherLengthIsRefused) {
    const PublicKey key = alipay_key().public_half();
    const std::string sign = *alipay_key().sign(kContent, SignType::rsa2);
    EXPECT_EQ(signature_reason(key, kContent, ""), "sign_wrong_length");
    for (std::size_t size = 1; size < sign.size(); ++size) {
        ASSERT_NE(signature_reason(key, kContent, sign.substr(0, size)), "accepted") << size;
    }
    EXPECT_EQ(signature_reason(key, kContent, sign.substr(0, 340)), "sign_wrong_length");
    EXPECT_EQ(signature_reason(key, kContent, to_base64(*from_base64(sign) + "x")),
              "sign_wrong_length");
    EXPECT_EQ(signature_reason(key, kContent, to_base64(std::string(1, '\0') + *from_base64(sign))),
              "sign_wrong_length");
    for (const std::string& text : {sign + "\n", " " + sign, sign + sign, sign + "="}) {
        EXPECT_EQ(signature_reason(key, kContent, text), "sign_not_base64");
    }
    EXPECT_EQ(signature_reason(longer_key().public_half(), kContent, sign), "sign_wrong_length");
}

TEST(Signature, EverySingleBitOfTheContentCounts) {
    const PublicKey key = alipay_key().public_half();
    const std::string sign = *alipay_key().sign(kContent, SignType::rsa2);
    for (std::size_t i = 0; i < kContent.size() * 8; ++i) {
        std::string changed(kContent);
        changed[i / 8] = static_cast<char>(changed[i / 8] ^ static_cast<char>(1U << i % 8));
        ASSERT_EQ(signature_reason(key, changed, sign), "sign_mismatch") << i;
    }
    EXPECT_EQ(signature_reason(key, "", sign), "sign_mismatch");
    EXPECT_EQ(signature_reason(key, std::string(kContent) + std::string(1, '\0'), sign),
              "sign_mismatch");
}

TEST(Signature, AnotherKeyIsAnotherSignature) {
    const std::string sign = *alipay_key().sign(kContent, SignType::rsa2);
    EXPECT_EQ(signature_reason(app_key().public_half(), kContent, sign), "sign_mismatch");
    for (const char byte : {'\x00', '\x01', '\xff'}) {
        EXPECT_EQ(signature_reason(alipay_key().public_half(), kContent,
                                   to_base64(std::string(256, byte))),
                  "sign_mismatch");
    }
}

TEST(Signature, ContentsMayBeEmptyOrLarge) {
    for (const std::string& content : {std::string(), std::string(1'000'000, 'x')}) {
        const std::string sign = *alipay_key().sign(content, SignType::rsa2);
        EXPECT_EQ(signature_reason(alipay_key().public_half(), content, sign), "accepted");
    }
}

}  // namespace
}  // namespace tollgate::signing
