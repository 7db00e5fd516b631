#include <string>

#include <gtest/gtest.h>

#include "signing/base64.h"
#include "signing/digest.h"
#include "signing/entropy.h"

namespace tollgate::signing {
namespace {

TEST(Digest, AgreesWithThePublishedValues) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, cases 1, 2 and 6 (a key longer than a block).
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, AnEmptyKeyIsAKey) {
    EXPECT_EQ(to_hex(hmac_sha256("", "")),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, ConstantTimeComparisonStillCompares) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("same", "same"));
    for (const char* other : {"", "sam", "samf", "Same", "same "}) {
        EXPECT_FALSE(equal_in_constant_time("same", other)) << other;
    }
}

TEST(Entropy, DoesNotRepeatItself) {
    std::array<std::uint8_t, 32> first{};
    std::array<std::uint8_t, 32> second{};
    openssl_entropy().fill(first);
    openssl_entropy().fill(second);
    EXPECT_NE(first, second);
    EXPECT_NE(first, (std::array<std::uint8_t, 32>{}));
}

TEST(Base64, WritesAndReadsThePublishedValues) {  // RFC 4648, section 10
    const std::pair<const char*, const char*> cases[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xfb\xff", "+/8="}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(*from_base64(text), bytes);
        EXPECT_EQ(*from_loose_base64(text), bytes);
    }
}

TEST(Base64, AllBytesAtAllOffsetsComeBack) {
    std::string bytes;
    for (int i = 0; i < 600; ++i) {
        EXPECT_EQ(*from_base64(to_base64(bytes)), bytes) << i;
        bytes += static_cast<char>(static_cast<unsigned char>(i * 7));
    }
}

TEST(Base64, RefusesEverySpellingButOne) {
    for (const char* text : {"Z",      "Zg",    "Zg=",  "Zg===", "Zh==",     "Zm9=",  "Zm8",
                             "Zm8==",  "=",     "==",   "====",  "Zg==Zg==", " Zg==", "Zg==\n",
                             "Zm\n9v", "Zm9v=", "Z===", "Zm-_",  "Zm9v\x80", "Zm=v",  "Zg= ="}) {
        const auto bytes = from_base64(text);
        ASSERT_FALSE(bytes) << text;
        EXPECT_EQ(bytes.error().reason(), "not_base64");
    }
    EXPECT_FALSE(from_base64(std::string("Zm9\0", 4)));
}

TEST(Base64, LooseReadingForgivesPaddingAndUnusedBitsOnly) {
    EXPECT_EQ(*from_loose_base64("Zg"), "f");
    EXPECT_EQ(*from_loose_base64("Zh=="), "f");
    EXPECT_EQ(*from_loose_base64("Zm8"), "fo");
    for (const char* text : {"Z", "Zm 9v", "Zm-_", "Zm9v\n", "Zm9=v"}) {
        EXPECT_FALSE(from_loose_base64(text)) << text;
    }
}

}  // namespace
}  // namespace tollgate::signing
