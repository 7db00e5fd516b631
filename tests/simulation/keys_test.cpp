// Keys that stand in for RSA must refuse what RSA refuses, and nobody may come by one by a setting.
#include <string>

#include <gtest/gtest.h>

#include "signing/base64.h"
#include "signing/key.h"
#include "tests/simulation/keys.h"

namespace tollgate::simulation {
namespace {

using signing::PrivateKey;
using signing::PublicKey;
using signing::SignType;

TEST(FastKeys, VerifyWhatTheirPairSignedAndNothingElse) {
    const KeySet keys = KeySet::fast();
    const std::string content = "app_id=1&method=alipay.trade.query";
    const std::string sign = *keys.alipay.sign(content, SignType::rsa2);
    EXPECT_TRUE(keys.alipay.public_half().verify(content, sign, SignType::rsa2));
    EXPECT_EQ(keys.stranger.public_half().verify(content, sign, SignType::rsa2).error().reason(),
              "sign_mismatch");
    EXPECT_FALSE(keys.alipay.public_half().verify(content, sign, SignType::rsa));
    EXPECT_FALSE(keys.alipay.public_half().verify(content, "", SignType::rsa2));
    for (std::size_t i = 0; i < content.size(); ++i) {
        std::string changed = content;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(keys.alipay.public_half().verify(changed, sign, SignType::rsa2));
    }
    for (std::size_t i = 0; i < sign.size(); ++i) {
        std::string changed = sign;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(keys.alipay.public_half().verify(content, changed, SignType::rsa2));
    }
}

TEST(FastKeys, AreNoTextThatAnyParserReads) {
    const KeySet keys = KeySet::fast();
    for (const std::string& text :
         {std::string("keyed-hash:alipay"), signing::to_base64("keyed-hash:alipay"),
          keys.alipay.public_half().to_spki_pem(), keys.alipay.public_half().to_bare()}) {
        EXPECT_FALSE(PrivateKey::parse(text)) << text;
        EXPECT_FALSE(PublicKey::parse(text)) << text;
    }
}

TEST(FastKeys, AreToldApart) {
    const KeySet keys = KeySet::fast();
    EXPECT_TRUE(keys.app.public_half().same_as(KeySet::fast().app.public_half()));
    EXPECT_FALSE(keys.app.public_half().same_as(keys.alipay.public_half()));
}

TEST(SeededKeys, AreRealKeys) {
    const KeySet keys = KeySet::rsa();
    EXPECT_EQ(keys.app.public_half().bits(), 2048);
    const auto read = PublicKey::parse(keys.alipay.public_half().to_spki_pem());
    ASSERT_TRUE(read);
    const std::string sign = *keys.alipay.sign("text", SignType::rsa2);
    EXPECT_TRUE(read->verify("text", sign, SignType::rsa2));
}

}  // namespace
}  // namespace tollgate::simulation
