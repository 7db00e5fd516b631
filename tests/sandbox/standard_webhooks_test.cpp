#include <gtest/gtest.h>

#include "sandbox/standard_webhooks.h"

namespace tollgate::sandbox {
namespace {

// The published vector of the Standard Webhooks libraries.
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kBody = R"({"test": 2432232314})";
constexpr Timestamp kSigned{1'614'265'330'000};
constexpr const char* kGood = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::string verdict(const std::string& signature, Timestamp now = kSigned,
                    const std::string& timestamp = "1614265330", const std::string& body = kBody) {
    const auto verifier = WebhookVerifier::open(Secret(kSecret));
    const auto id = verifier->verify({{"Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                                      {"Webhook-Timestamp", timestamp},
                                      {"Webhook-Signature", signature}},
                                     body, now);
    return id ? *id : id.error().reason();
}

TEST(StandardWebhooks, AcceptsThePublishedVector) {
    EXPECT_EQ(verdict(kGood), "msg_p5jXN8AQM9LWM0D4loKWxJek");
    EXPECT_EQ(verdict(std::string("v2,x v1 ,, v1,AAAA ") + kGood), "msg_p5jXN8AQM9LWM0D4loKWxJek");
}

TEST(StandardWebhooks, RefusesEveryChange) {
    EXPECT_EQ(verdict("v1,h0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), "sign_mismatch");
    EXPECT_EQ(verdict("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="), "sign_mismatch");
    EXPECT_EQ(verdict(""), "sign_mismatch");
    EXPECT_EQ(verdict(kGood, kSigned, "1614265331"), "sign_mismatch");
    EXPECT_EQ(verdict(kGood, kSigned, "1614265330", "{}"), "sign_mismatch");
    EXPECT_EQ(verdict(kGood, kSigned, "1614265330.0"), "timestamp_malformed");
    EXPECT_EQ(verdict(kGood, kSigned, "-1"), "timestamp_malformed");
}

TEST(StandardWebhooks, Allows300SecondsBothWays) {
    for (const int way : {-1, 1}) {
        EXPECT_EQ(verdict(kGood, kSigned + std::chrono::seconds(300 * way)),
                  "msg_p5jXN8AQM9LWM0D4loKWxJek");
        EXPECT_EQ(verdict(kGood, kSigned + std::chrono::seconds(301 * way)),
                  "timestamp_out_of_window");
    }
}

TEST(StandardWebhooks, RefusesMissingHeadersAndEmptySecrets) {
    const auto verifier = WebhookVerifier::open(Secret(kSecret));
    EXPECT_EQ(verifier->verify({{"webhook-id", "a"}}, "", kSigned).error().reason(),
              "header_missing");
    for (const char* secret : {"", "whsec_", "whsec_!"}) {
        EXPECT_FALSE(WebhookVerifier::open(Secret(secret))) << secret;
    }
}

}  // namespace
}  // namespace tollgate::sandbox
