#include <set>
#include <string>

#include <gtest/gtest.h>

#include "signing/entropy.h"
#include "signing/webhook.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::int64_t kNow = 1'614'265'330;
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::vector<WebhookKey> keys() {
    return {*WebhookKey::parse(kSecret)};
}

WebhookMessage message(std::string_view signatures = kSignature) {
    return {.id = kId, .timestamp = "1614265330", .signatures = signatures, .body = kBody};
}

std::string reason_of(const WebhookMessage& message, std::int64_t now = kNow) {
    const auto verified = verify_webhook(keys(), message, now);
    if (verified) return "accepted";
    EXPECT_EQ(verified.error().code(), ErrorCode::unauthenticated);
    return verified.error().reason();
}

std::string secret_reason(const std::string& text) {
    const auto key = WebhookKey::parse(text);
    return key ? "accepted" : key.error().reason();
}

TEST(Webhook, RefusesEveryCharacterChange) {
    EXPECT_EQ(reason_of(message()), "accepted");
    for (std::size_t i = 0; i < kSignature.size(); ++i) {
        std::string changed(kSignature);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        ASSERT_EQ(reason_of(message(changed)), "webhook_mismatch") << i;
    }
    for (std::size_t i = 0; i < kBody.size(); ++i) {
        std::string changed(kBody);
        changed[i] = static_cast<char>(changed[i] ^ 1);
        WebhookMessage other = message();
        other.body = changed;
        ASSERT_EQ(reason_of(other), "webhook_mismatch") << i;
    }
    WebhookMessage other = message();
    other.id = "msg_other";
    EXPECT_EQ(reason_of(other), "webhook_mismatch");
    other = message();
    other.timestamp = "1614265331";
    EXPECT_EQ(reason_of(other), "webhook_mismatch");
}

TEST(Webhook, MalformedPartsAreSkippedNotFatal) {
    const std::string good(kSignature);
    for (const std::string& header :
         {"v1 " + good, "garbage, " + good, "v1,,x " + good, "v2,AAAA " + good, "v1, " + good,
          "  " + good, good + " v1,x", "v1a,AAAA " + good + " "}) {
        EXPECT_EQ(reason_of(message(header)), "accepted") << header;
    }
    for (const std::string& header : {std::string("v1,"), std::string("v1"), std::string(" "),
                                      "v2" + good.substr(2), "V1" + good.substr(2), good.substr(3),
                                      "v1, " + good.substr(3), good + ",", "v1," + good}) {
        EXPECT_EQ(reason_of(message(header)), "webhook_mismatch") << header;
    }
}

TEST(Webhook, AHeaderOfEndlessPartsIsReadInPart) {
    std::string header;
    for (int i = 0; i < 40; ++i) header += "v1,AAAA ";
    EXPECT_EQ(reason_of(message(header + std::string(kSignature))), "webhook_mismatch");
}

TEST(Webhook, FiveMinutesEitherWayAndNotASecondMore) {
    EXPECT_EQ(reason_of(message(), kNow + 300), "accepted");
    EXPECT_EQ(reason_of(message(), kNow - 300), "accepted");
    EXPECT_EQ(reason_of(message(), kNow + 301), "webhook_too_old");
    EXPECT_EQ(reason_of(message(), kNow - 301), "webhook_too_new");
}

TEST(Webhook, TimestampsAreDigits) {
    for (const char* text :
         {"abc", "-1614265330", "+1614265330", " 1614265330", "1614265330 ", "1614265330.0",
          "1.6e9", "01614265330", "0x6037b7f2", "99999999999999999999", "1614265330\n"}) {
        WebhookMessage other = message();
        other.timestamp = text;
        EXPECT_EQ(reason_of(other), "webhook_timestamp_malformed") << text;
    }
}

TEST(Webhook, AllThreeHeadersAreNeeded) {
    WebhookMessage other = message();
    other.id = "";
    EXPECT_EQ(reason_of(other), "webhook_header_missing");
    other = message();
    other.timestamp = "";
    EXPECT_EQ(reason_of(other), "webhook_header_missing");
    EXPECT_EQ(reason_of(message("")), "webhook_header_missing");
}

TEST(Webhook, WithoutAKeyNothingVerifies) {
    EXPECT_FALSE(verify_webhook({}, message(), kNow));
}

TEST(Webhook, RotationSignsWithEveryKeyAndAnyOneVerifies) {
    const Secret fresh = make_webhook_secret(openssl_entropy());
    const std::vector<WebhookKey> both{*WebhookKey::parse(fresh.reveal()),
                                       *WebhookKey::parse(kSecret)};
    const std::string header = webhook_signatures(both, kId, kNow, kBody);
    EXPECT_EQ(header, both[0].signature(kId, kNow, kBody) + " " + std::string(kSignature));
    EXPECT_EQ(reason_of(message(header)), "accepted");
    EXPECT_TRUE(verify_webhook(std::span(both).first(1), message(header), kNow));
    EXPECT_FALSE(verify_webhook(std::span(both).first(1), message(), kNow));
}

TEST(Webhook, SecretsMayLackPrefixAndPaddingButNotBytes) {
    EXPECT_EQ(secret_reason("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "accepted");
    EXPECT_EQ(secret_reason("whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"), "accepted");
    EXPECT_EQ(secret_reason(""), "webhook_secret_empty");
    EXPECT_EQ(secret_reason("whsec_"), "webhook_secret_empty");
    EXPECT_EQ(secret_reason("whsec_===="), "webhook_secret_malformed");
    EXPECT_EQ(secret_reason("whsec_not base64!"), "webhook_secret_malformed");
    EXPECT_EQ(secret_reason("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"), "webhook_secret_length");
    EXPECT_EQ(secret_reason("whsec_" + std::string(100, 'A')), "accepted");
    EXPECT_EQ(secret_reason("whsec_" + std::string(102, 'A')), "webhook_secret_length");
}

TEST(Webhook, FreshSecretsAreLongDifferentAndReadable) {
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        const Secret secret = make_webhook_secret(openssl_entropy());
        EXPECT_TRUE(secret.reveal().starts_with("whsec_"));
        EXPECT_EQ(secret.reveal().size(), 6U + 44U);
        EXPECT_TRUE(WebhookKey::parse(secret.reveal()));
        seen.emplace(secret.reveal());
    }
    EXPECT_EQ(seen.size(), 20U);
}

}  // namespace
}  // namespace tollgate::signing
