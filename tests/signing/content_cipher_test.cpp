#include "signing/content_cipher.h"

#include <array>

#include <gtest/gtest.h>

#include "signing/base64.h"
#include "signing/entropy.h"
#include "tests/signing/reason.h"

namespace tollgate::signing {
namespace {

constexpr std::array kTypes{EncryptType::aes, EncryptType::aes_v2, EncryptType::sm4};
// Twenty-four characters of nobody's key.
const std::string kKey = to_base64("0123456789abcdef");
const std::string kOtherKey = to_base64("0123456789abcdeg");

ContentKey key_of(EncryptType type, const std::string& base64 = kKey) {
    auto key = ContentKey::parse(base64, type);
    EXPECT_TRUE(key);
    return *key;
}

TEST(ContentKey, GivesBackEveryLengthOfText) {
    for (const EncryptType type : kTypes) {
        const ContentKey key = key_of(type);
        std::string text;
        for (int i = 0; i < 70; ++i) {
            const auto back = key.decrypt(key.encrypt(text, openssl_entropy()));
            ASSERT_TRUE(back) << name_of(type) << ' ' << i;
            EXPECT_EQ(*back, text);
            text += static_cast<char>(i);
        }
    }
}

TEST(ContentKey, UsesAFreshIvWhereTheTypeHasOne) {
    for (const EncryptType type : kTypes) {
        const ContentKey key = key_of(type);
        const bool repeats =
            key.encrypt("{}", openssl_entropy()) == key.encrypt("{}", openssl_entropy());
        EXPECT_EQ(repeats, type == EncryptType::aes) << name_of(type);
    }
}

TEST(ContentKey, RefusesAnotherKeysText) {
    for (const EncryptType type : kTypes) {
        const std::string sealed = key_of(type).encrypt(R"({"code":"10000"})", openssl_entropy());
        const auto opened = key_of(type, kOtherKey).decrypt(sealed);
        // CBC knows nothing but its padding, and one wrong key in 256 gets through that.
        if (opened) {
            EXPECT_NE(type, EncryptType::sm4);
            EXPECT_NE(*opened, R"({"code":"10000"})");
        } else {
            EXPECT_EQ(opened.error().reason(), "content_undecryptable");
        }
    }
}

TEST(ContentKey, Sm4NoticesEveryChangedByte) {
    const ContentKey key = key_of(EncryptType::sm4);
    const std::string sealed = *from_base64(key.encrypt("twenty bytes of text", openssl_entropy()));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_EQ(reason_of(key.decrypt(to_base64(changed))), "content_undecryptable") << i;
    }
}

TEST(ContentKey, RefusesWhatIsNoCiphertext) {
    for (const EncryptType type : kTypes) {
        const ContentKey key = key_of(type);
        EXPECT_EQ(reason_of(key.decrypt("no base64!")), "content_not_base64");
        EXPECT_EQ(reason_of(key.decrypt("")), "content_undecryptable");
        EXPECT_EQ(reason_of(key.decrypt(to_base64("short"))), "content_undecryptable");
        const std::string sealed = *from_base64(key.encrypt("a text", openssl_entropy()));
        EXPECT_EQ(reason_of(key.decrypt(to_base64(sealed.substr(0, sealed.size() - 1)))),
                  "content_undecryptable");
    }
}

TEST(ContentKey, NamesWhatIsWrongWithAKey) {
    const auto reason = [](const std::string& text) {
        return reason_of(ContentKey::parse(text, EncryptType::aes));
    };
    EXPECT_EQ(reason(" " + kKey + "\n"), "accepted");
    EXPECT_EQ(reason(" \n"), "content_key_missing");
    EXPECT_EQ(reason("not a key"), "content_key_malformed");
    EXPECT_EQ(reason(to_base64("0123456789abcde")), "content_key_length");
    EXPECT_EQ(reason(to_base64("0123456789abcdef0123456789abcdef")), "content_key_length");
}

TEST(EncryptType, IsNamedAsOnTheWire) {
    for (const EncryptType type : kTypes) EXPECT_EQ(encrypt_type_from(name_of(type)), type);
    EXPECT_EQ(name_of(EncryptType::aes_v2), "AES_V2");
    EXPECT_FALSE(encrypt_type_from("aes"));
}

}  // namespace
}  // namespace tollgate::signing
