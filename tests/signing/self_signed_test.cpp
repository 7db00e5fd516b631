#include "signing/self_signed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "signing/base64.h"
#include "signing/digest.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr Timestamp kNow{1'794'326'400'000};  // 2026-11-10T16:00:00Z

SelfSignedRequest for_names(std::vector<std::string> names) {
    return {.common_name = "relay", .names = std::move(names), .valid_from = kNow, .days = 7};
}

CertificateHandle read_certificate(const std::string& pem) {
    const std::unique_ptr<BIO, FreedBy<BIO_free_all>> memory(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return CertificateHandle(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
}

PkeyHandle read_key(std::string_view pem) {
    const std::unique_ptr<BIO, FreedBy<BIO_free_all>> memory(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    return PkeyHandle(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
}

TEST(SelfSigned, MakesACertificateThatItsOwnKeySigned) {
    const auto made = make_self_signed(for_names({"localhost"}));
    ASSERT_TRUE(made);
    const CertificateHandle certificate = read_certificate(made->certificate_pem);
    const PkeyHandle key = read_key(made->private_key_pem.reveal());
    ASSERT_TRUE(certificate && key);
    EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
    EXPECT_EQ(X509_verify(certificate.get(), key.get()), 1);
    EXPECT_EQ(EVP_PKEY_get_bits(key.get()), 256);
    EXPECT_EQ(X509_check_ca(certificate.get()), 0);
}

TEST(SelfSigned, IsGoodForEachOfItsNamesAndForNoOther) {
    const auto made =
        make_self_signed(for_names({"relay.example.test", "*.dev.test", "127.0.0.1", "::1"}));
    ASSERT_TRUE(made);
    const CertificateHandle certificate = read_certificate(made->certificate_pem);
    const auto host = [&](const char* name) {
        return X509_check_host(certificate.get(), name, 0, 0, nullptr);
    };
    const auto address = [&](const char* text) {
        return X509_check_ip_asc(certificate.get(), text, 0);
    };
    EXPECT_EQ(host("relay.example.test"), 1);
    EXPECT_EQ(host("one.dev.test"), 1);
    EXPECT_EQ(host("example.test"), 0);
    EXPECT_EQ(address("127.0.0.1"), 1);
    EXPECT_EQ(address("::1"), 1);
    EXPECT_EQ(address("127.0.0.2"), 0);
}

TEST(SelfSigned, IsValidForTheDaysAsked) {
    const auto made = make_self_signed(for_names({"localhost"}));
    ASSERT_TRUE(made);
    const CertificateHandle certificate = read_certificate(made->certificate_pem);
    const std::time_t now = kNow.ms / 1000;
    const auto compare = [](const ASN1_TIME* at, std::time_t time) {
        return ASN1_TIME_cmp_time_t(at, time);
    };
    EXPECT_EQ(compare(X509_get0_notBefore(certificate.get()), now - 3600), 0);
    EXPECT_EQ(compare(X509_get0_notAfter(certificate.get()), now + 7 * 86'400), 0);
}

TEST(SelfSigned, GivesThePinOfItsPublicKey) {
    const auto made = make_self_signed(for_names({"localhost"}));
    ASSERT_TRUE(made);
    const PkeyHandle key = read_key(made->private_key_pem.reveal());
    const int size = i2d_PUBKEY(key.get(), nullptr);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    ASSERT_EQ(i2d_PUBKEY(key.get(), &at), size);
    EXPECT_EQ(made->public_key_pin, "sha256//" + to_base64(sha256(der)));
}

TEST(SelfSigned, NeverMakesTheSameKeyTwice) {
    const auto one = make_self_signed(for_names({"localhost"}));
    const auto other = make_self_signed(for_names({"localhost"}));
    ASSERT_TRUE(one && other);
    EXPECT_NE(one->public_key_pin, other->public_key_pin);
}

TEST(SelfSigned, RefusesWhatIsNoName) {
    for (const std::string name :
         {"", "a b", "x,IP:1.2.3.4", "http://x", "a..b", ".x", "x.", "1.2.3.4:80", "käse.test"}) {
        const auto made = make_self_signed(for_names({name}));
        ASSERT_FALSE(made) << name;
        EXPECT_EQ(made.error().code(), ErrorCode::invalid_argument);
        EXPECT_THAT(made.error().message(), HasSubstr(name));
    }
    EXPECT_FALSE(make_self_signed(for_names({})));
    auto request = for_names({"localhost"});
    request.days = 0;
    EXPECT_FALSE(make_self_signed(request));
    request.days = 1;
    request.common_name = std::string(65, 'x');
    EXPECT_FALSE(make_self_signed(request));
}

}  // namespace
}  // namespace tollgate::signing
