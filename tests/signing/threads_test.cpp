#include <array>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "signing/webhook.h"
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

}  // namespace
}  // namespace tollgate::signing
