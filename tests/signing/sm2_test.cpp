#include <gtest/gtest.h>

#include "signing/base64.h"
#include "signing/key.h"
#include "tests/signing/keys.h"
#include "tests/signing/reason.h"

namespace tollgate::signing {
namespace {

const PrivateKey& sm2_key() {
    static const PrivateKey key = PrivateKey::generate_sm2();
    return key;
}

TEST(Sm2, VerifiesWhatItSigned) {
    const std::string content = "app_id=2021&sign_type=SM2";
    const auto signature = sm2_key().sign(content, SignType::sm2);
    ASSERT_TRUE(signature);
    const PublicKey key = sm2_key().public_half();
    EXPECT_TRUE(key.verify(content, *signature, SignType::sm2));
    EXPECT_EQ(reason_of(key.verify(content + "x", *signature, SignType::sm2)), "sign_mismatch");
    EXPECT_EQ(reason_of(PrivateKey::generate_sm2().public_half().verify(content, *signature,
                                                                        SignType::sm2)),
              "sign_mismatch");
    EXPECT_EQ(reason_of(key.verify(content, "no base64", SignType::sm2)), "sign_not_base64");
}

TEST(Sm2, TakesOneSpellingOfASignatureOnly) {
    const auto signature = sm2_key().sign("a", SignType::sm2);
    ASSERT_TRUE(signature);
    const PublicKey key = sm2_key().public_half();
    const std::string der = *from_base64(*signature);
    EXPECT_FALSE(key.verify("a", to_base64(der + '\0'), SignType::sm2));
    // The same sequence with its length in two bytes.
    const std::string longer = der.substr(0, 1) + "\x81" + der.substr(1);
    EXPECT_FALSE(key.verify("a", to_base64(longer), SignType::sm2));
    EXPECT_FALSE(key.verify("a", to_base64(der.substr(1)), SignType::sm2));
    EXPECT_FALSE(key.verify("a", "", SignType::sm2));
}

TEST(Sm2, ReadsItsKeysAsPeopleHandThemOver) {
    const std::string bare(sm2_key().to_pkcs8_bare().reveal());
    for (const std::string& text : {bare, armoured(kPrivateLabel, bare)}) {
        const auto read = PrivateKey::parse_for(SignType::sm2, text);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_TRUE(read->public_half().same_as(sm2_key().public_half()));
    }
    const PublicKey half = sm2_key().public_half();
    for (const std::string& text : {half.to_bare(), half.to_spki_pem()}) {
        const auto read = PublicKey::parse_for(SignType::sm2, text);
        ASSERT_TRUE(read) << read.error().message();
        EXPECT_TRUE(read->same_as(half));
    }
}

TEST(Sm2, IsNeverMixedUpWithRsa) {
    const std::string sm2_private(sm2_key().to_pkcs8_bare().reveal());
    const std::string rsa_private(app_key().to_pkcs8_bare().reveal());
    EXPECT_EQ(reason_of(PrivateKey::parse(sm2_private)), "key_not_rsa");
    EXPECT_EQ(reason_of(PrivateKey::parse_for(SignType::sm2, rsa_private)), "key_not_sm2");
    EXPECT_EQ(reason_of(PrivateKey::parse_for(SignType::sm2, elliptic_private_key())),
              "key_not_sm2");
    EXPECT_EQ(reason_of(PrivateKey::parse_for(SignType::sm2, sm2_key().public_half().to_bare())),
              "key_is_public");
    EXPECT_EQ(reason_of(PublicKey::parse(sm2_key().public_half().to_bare())), "key_not_rsa");
    EXPECT_EQ(reason_of(PublicKey::parse_for(SignType::sm2, app_key().public_half().to_bare())),
              "key_not_sm2");
    EXPECT_EQ(reason_of(sm2_key().sign("a", SignType::rsa2)), "sign_type_of_another_key");
    EXPECT_EQ(reason_of(app_key().sign("a", SignType::sm2)), "sign_type_of_another_key");
    const auto signature = app_key().sign("a", SignType::rsa2);
    EXPECT_EQ(reason_of(app_key().public_half().verify("a", *signature, SignType::sm2)),
              "sign_type_of_another_key");
}

}  // namespace
}  // namespace tollgate::signing
