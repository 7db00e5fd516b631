#include <string>

#include <gtest/gtest.h>

#include "signing/base64.h"
#include "signing/digest.h"
#include "tests/signing/keys.h"

namespace tollgate::signing {
namespace {

std::string private_reason(const std::string& text) {
    const auto key = PrivateKey::parse(text);
    return key ? "accepted" : key.error().reason();
}

std::string public_reason(const std::string& text) {
    const auto key = PublicKey::parse(text);
    return key ? "accepted" : key.error().reason();
}

std::string bare(const Secret& secret) {
    return std::string(secret.reveal());
}

// The spellings of white space that a key meets on its way through chats, consoles and files.
std::vector<std::string> respaced(const std::string& text) {
    std::string broken;
    for (std::size_t i = 0; i < text.size(); i += 13) broken += text.substr(i, 13) + " \t\r\n";
    return {text, "\n\r\n  " + text + " \n", broken};
}

bool signs_like(const PrivateKey& key, const PrivateKey& expected) {
    return key.public_half().same_as(expected.public_half()) &&
           *key.sign("x", SignType::rsa2) == *expected.sign("x", SignType::rsa2);
}

TEST(PrivateKey, ReadsBothFormatsBareAndArmoured) {
    const std::string pkcs8 = bare(app_key().to_pkcs8_bare());
    const std::string pkcs1 = bare(app_key().to_pkcs1_bare());
    EXPECT_NE(pkcs8, pkcs1);
    for (const std::string& base64 : {pkcs8, pkcs1}) {
        for (const std::string& text : respaced(base64)) {
            EXPECT_TRUE(signs_like(*PrivateKey::parse(text), app_key()));
        }
        for (const std::string& label : {kPrivateLabel, kRsaPrivateLabel}) {
            for (const std::size_t line : {64U, 76U, 1U, 10'000U}) {
                const std::string pem = armoured(label, base64, line);
                EXPECT_TRUE(signs_like(*PrivateKey::parse(pem), app_key())) << label << line;
            }
        }
    }
    EXPECT_TRUE(signs_like(*PrivateKey::parse(app_key().to_pkcs8_pem().reveal()), app_key()));
}

TEST(PrivateKey, ReadsTheLineEndsThatOneLineSettingsWriteOut) {
    std::string pem = armoured(kPrivateLabel, bare(app_key().to_pkcs8_bare()));
    std::string one_line;
    for (const char c : pem) one_line += c == '\n' ? std::string("\\n") : std::string(1, c);
    EXPECT_TRUE(signs_like(*PrivateKey::parse(one_line), app_key()));
}

TEST(PrivateKey, NamesTheMistake) {
    const std::string pkcs8 = bare(app_key().to_pkcs8_bare());
    const PublicKey half = app_key().public_half();
    EXPECT_EQ(private_reason(half.to_spki_pem()), "key_is_public");
    EXPECT_EQ(private_reason(half.to_bare()), "key_is_public");
    EXPECT_EQ(private_reason(pkcs1_public_key(half)), "key_is_public");
    EXPECT_EQ(private_reason(certificate_pem(app_key())), "key_is_public");
    EXPECT_EQ(private_reason(armoured(kPrivateLabel, half.to_bare())), "key_is_public");
    EXPECT_EQ(private_reason(elliptic_public_key()), "key_is_public");
    EXPECT_EQ(private_reason(armoured("ENCRYPTED " + kPrivateLabel, pkcs8)), "key_encrypted");
    EXPECT_EQ(private_reason(armoured(kRsaPrivateLabel, "Proc-Type: 4,ENCRYPTED\n" + pkcs8)),
              "key_encrypted");
    EXPECT_EQ(private_reason(elliptic_private_key()), "key_not_rsa");
    EXPECT_EQ(private_reason(short_rsa_private_key()), "key_too_short");
    EXPECT_EQ(private_reason(""), "key_missing");
    EXPECT_EQ(private_reason(" \n\t"), "key_missing");
    EXPECT_EQ(private_reason("changeit"), "key_unreadable");
    EXPECT_EQ(private_reason("not a key at all!"), "key_unreadable");
    EXPECT_EQ(private_reason(to_base64("not a key at all!")), "key_unreadable");
    EXPECT_EQ(private_reason(pkcs8 + pkcs8), "key_unreadable");
    EXPECT_EQ(private_reason(std::string(100'000, 'A')), "key_unreadable");
}

TEST(PrivateKey, ASaidSoCutOffKeyIsRefusedWhereverItIsCut) {
    const std::string pem = armoured(kPrivateLabel, bare(app_key().to_pkcs8_bare()));
    for (std::size_t size = 40; size + 2 < pem.size(); size += 7) {
        EXPECT_EQ(private_reason(pem.substr(0, size)), "key_truncated") << size;
    }
    EXPECT_EQ(private_reason(pem.substr(pem.find('\n') + 1)), "key_truncated");
    const std::string base64 = bare(app_key().to_pkcs8_bare());
    for (std::size_t size = 64; size < base64.size(); size += 4) {
        EXPECT_EQ(private_reason(base64.substr(0, size - 1)), "key_truncated") << size;
        EXPECT_EQ(private_reason(base64.substr(0, size)), "key_truncated") << size;
    }
    EXPECT_EQ(private_reason(armoured(kPrivateLabel, base64.substr(0, 800))), "key_truncated");
}

// The digits of a key may spell anything, the word that marks an encrypted one as well.
TEST(PublicKey, ReadsAKeyWhoseDigitsSpellAWord) {
    std::string digits = app_key().public_half().to_bare();
    digits.replace(100, 9, "ENCRYPTED");
    const auto key = PublicKey::parse(armoured("PUBLIC KEY", digits, 64'000));
    ASSERT_TRUE(key) << key.error().reason();
    EXPECT_EQ(key->to_bare(), digits);
}

TEST(PrivateKey, NoErrorRepeatsTheKey) {
    const std::string base64 = bare(app_key().to_pkcs8_bare());
    for (const std::string& text : {base64.substr(0, 401), base64.substr(0, 400), base64 + "AAAA",
                                    base64 + "!", armoured("X", base64).substr(0, 300)}) {
        const auto key = PrivateKey::parse(text);
        ASSERT_FALSE(key);
        EXPECT_EQ(key.error().message().find(base64.substr(0, 12)), std::string::npos);
        EXPECT_LT(key.error().message().size(), 200U);
    }
}

TEST(PrivateKey, ADamagedKeyIsRefused) {
    const std::string base64 = bare(app_key().to_pkcs8_bare());
    int read_well = 0;
    for (std::size_t i = 60; i + 4 < base64.size(); i += 61) {
        std::string damaged = base64;
        damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
        const auto key = PrivateKey::parse(damaged);
        if (!key) continue;
        // OpenSSL can do without some of the redundant numbers; then it signs as it should.
        ++read_well;
        EXPECT_TRUE(key->public_half()
                        .verify("x", *key->sign("x", SignType::rsa2), SignType::rsa2)
                        .has_value());
    }
    EXPECT_LT(read_well, 20);
}

TEST(PrivateKey, ShortKeysNeedAnExplicitLimit) {
    const std::string text = short_rsa_private_key();
    const auto key = PrivateKey::parse(text, {.bits_min = 1024});
    ASSERT_TRUE(key);
    EXPECT_EQ(key->public_half().bits(), 1024);
    EXPECT_FALSE(PrivateKey::parse(text, {.bits_min = 1025}));
    EXPECT_EQ(
        PrivateKey::parse(bare(longer_key().to_pkcs8_bare()), {.bits_max = 2048}).error().reason(),
        "key_too_long");
    EXPECT_FALSE(PrivateKey::generate(1024));
    EXPECT_FALSE(PrivateKey::generate(100'000));
}

TEST(PrivateKey, OnlyTheMarkerBeforeTheArmourMakesADemoKey) {
    const std::string pem(app_key().to_pkcs8_pem().reveal());
    const std::string demo(app_key().to_pkcs8_pem({.with_demo_marker = true}).reveal());
    EXPECT_FALSE(app_key().is_demo());
    EXPECT_FALSE(PrivateKey::parse(pem)->is_demo());
    ASSERT_TRUE(PrivateKey::parse(demo));
    EXPECT_TRUE(PrivateKey::parse(demo)->is_demo());
    EXPECT_TRUE(signs_like(*PrivateKey::parse(demo), app_key()));
    EXPECT_TRUE(PrivateKey::parse("# " + std::string(kDemoMarker) + "\r\n" + pem)->is_demo());
    EXPECT_FALSE(PrivateKey::parse(pem + std::string(kDemoMarker))->is_demo());
}

TEST(PublicKey, ReadsEveryFormat) {
    const PublicKey key = alipay_key().public_half();
    std::vector<std::string> texts = respaced(key.to_bare());
    texts.push_back(key.to_spki_pem());
    texts.push_back(pkcs1_public_key(key));
    texts.push_back(armoured("RSA PUBLIC KEY", pkcs1_public_key(key)));
    texts.push_back(armoured("PUBLIC KEY", key.to_bare(), 76));
    texts.push_back(certificate_pem(alipay_key()));
    texts.push_back(certificate_pem(alipay_key()) + certificate_pem(other_key()));
    for (const std::string& text : texts) {
        const auto parsed = PublicKey::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_TRUE(parsed->same_as(key)) << text;
        EXPECT_EQ(parsed->fingerprint(), key.fingerprint());
    }
    EXPECT_EQ(key.fingerprint(), sha256_hex(*from_base64(key.to_bare())));
    EXPECT_FALSE(key.same_as(app_key().public_half()));
    EXPECT_EQ(key.bits(), 2048);
}

TEST(PublicKey, NamesTheMistake) {
    EXPECT_EQ(public_reason(bare(app_key().to_pkcs8_bare())), "key_is_private");
    EXPECT_EQ(public_reason(bare(app_key().to_pkcs1_bare())), "key_is_private");
    EXPECT_EQ(public_reason(bare(app_key().to_pkcs8_pem())), "key_is_private");
    EXPECT_EQ(public_reason(armoured("PUBLIC KEY", bare(app_key().to_pkcs8_bare()))),
              "key_is_private");
    EXPECT_EQ(public_reason(elliptic_private_key()), "key_is_private");
    EXPECT_EQ(public_reason(elliptic_public_key()), "key_not_rsa");
    EXPECT_EQ(public_reason(PrivateKey::parse(short_rsa_private_key(), {.bits_min = 1024})
                                ->public_half()
                                .to_bare()),
              "key_too_short");
    EXPECT_EQ(public_reason(""), "key_missing");
    EXPECT_EQ(public_reason("2088102146225135"), "key_unreadable");
    EXPECT_EQ(public_reason(alipay_key().public_half().to_bare().substr(0, 300)), "key_truncated");
    EXPECT_EQ(public_reason(alipay_key().public_half().to_bare() + "AAAA"), "key_unreadable");
}

TEST(SignTypes, OnlyTheExactWordsAreRead) {
    EXPECT_EQ(sign_type_from("RSA2"), SignType::rsa2);
    EXPECT_EQ(sign_type_from("RSA"), SignType::rsa);
    for (const char* name : {"", "rsa2", "RSA2 ", "RSA1", "sm2", "MD5", "RSA256"}) {
        EXPECT_FALSE(sign_type_from(name)) << name;
    }
    EXPECT_EQ(name_of(SignType::rsa2), "RSA2");
    EXPECT_EQ(name_of(SignType::rsa), "RSA");
    EXPECT_EQ(name_of(SignType::sm2), "SM2");
    EXPECT_EQ(sign_type_from("SM2"), SignType::sm2);
}

}  // namespace
}  // namespace tollgate::signing
