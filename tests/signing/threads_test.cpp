#include <array>
#include <functional>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "signing/certificate.h"
#include "signing/content_cipher.h"
#include "signing/entropy.h"
#include "signing/webhook.h"
#include "tests/signing/certificates.h"
#include "tests/signing/keys.h"

namespace tollgate::signing {
namespace {

TEST(SigningThreads, OneRsaKeyServesThemAll) {
    const PublicKey key = alipay_key().public_half();
    std::vector<std::thread> threads;
    std::array<int, 4> good{};
    for (int& count : good) {
        threads.emplace_back([&key, &count] {
            for (int i = 0; i < 50; ++i) {
                const std::string content = "i=" + std::to_string(i);
                const auto sign = alipay_key().sign(content, SignType::rsa2);
                if (sign && key.verify(content, *sign, SignType::rsa2) &&
                    !key.verify(content + "x", *sign, SignType::rsa2)) {
                    ++count;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, (std::array<int, 4>{50, 50, 50, 50}));
}

void expect_one_key_serves_all(const WebhookKey& key) {
    const std::vector<WebhookKey> keys{key};
    const std::string expected = key.signature("msg_1", 1'614'265'330, "{}");
    const WebhookMessage message{
        .id = "msg_1", .timestamp = "1614265330", .signatures = expected, .body = "{}"};
    std::vector<std::thread> threads;
    std::array<int, 4> good{};
    for (int& count : good) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                const bool same = key.signature("msg_1", 1'614'265'330, "{}") == expected;
                if (same && verify_webhook(keys, message, 1'614'265'330)) ++count;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, (std::array<int, 4>{200, 200, 200, 200}));
}

TEST(SigningThreads, OneWebhookKeyServesThemAll) {
    expect_one_key_serves_all(*WebhookKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    expect_one_key_serves_all(
        *WebhookKey::parse("whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk="));
}

// Runs `work` in four threads, fifty times each, and counts how often it was content.
int contented(const std::function<bool()>& work) {
    std::vector<std::thread> threads;
    std::array<int, 4> good{};
    for (int& count : good) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) count += work() ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) thread.join();
    return std::accumulate(good.begin(), good.end(), 0);
}

TEST(SigningThreads, OneSm2KeyServesThemAll) {
    const PrivateKey key = PrivateKey::generate_sm2();
    EXPECT_EQ(contented([&] {
                  const auto sign = key.sign("a", SignType::sm2);
                  return sign && key.public_half().verify("a", *sign, SignType::sm2) &&
                         !key.public_half().verify("b", *sign, SignType::sm2);
              }),
              200);
}

TEST(SigningThreads, OneContentKeyServesThemAll) {
    for (const EncryptType type : {EncryptType::aes, EncryptType::aes_v2, EncryptType::sm4}) {
        const auto key = ContentKey::parse("MDEyMzQ1Njc4OWFiY2RlZg==", type);
        EXPECT_EQ(contented([&] {
                      const auto text = key->decrypt(key->encrypt("a text", openssl_entropy()));
                      return text && *text == "a text";
                  }),
                  200);
    }
}

TEST(SigningThreads, OneChainServesThemAll) {
    const CertificateWorld world =
        make_certificate_world({.app_key = &app_key(), .alipay_key = &alipay_key()});
    const auto chain = Certificate::parse_all(world.alipay_file);
    const auto roots = Certificate::parse_all(world.root_file);
    EXPECT_EQ(contented([&] {
                  const ChainCheck check{.others = *chain, .roots = *roots};
                  return check_chain(chain->front(), check, {1'800'000'000'000}).has_value() &&
                         chain->front().public_key().has_value();
              }),
              200);
}

}  // namespace
}  // namespace tollgate::signing
