#include <set>
#include <string>

#include <gtest/gtest.h>

#include "signing/entropy.h"
#include "signing/webhook.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::int64_t kSentAt = 1'614'265'330;
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

std::vector<WebhookKey> webhook_keys() {
    return {*WebhookKey::parse(kSecret)};
}

WebhookMessage message(std::string_view signatures = kSignature) {
    return {.id = kId, .timestamp = "1614265330", .signatures = signatures, .body = kBody};
}

std::string webhook_reason(const WebhookMessage& message, std::int64_t now = kSentAt) {
    const auto verified = verify_webhook(webhook_keys(), message, now);
    if (verified) return "accepted";
    EXPECT_EQ(verified.error().code(), ErrorCode::unauthenticated);
    return verified.error().reason();
}

std::string secret_reason(const std::string& text) {
    const auto key = WebhookKey::parse(text);
    return key ? "accepted" : key.error().reason();
}

TEST(Webhook, RefusesEveryCharacterChange) {
    EXPECT_EQ(webhook_reason(message()), "accepted");
    for (std::size_t i = 0; i < kSignature.size(); ++i) {
        std::string changed(kSignature);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        ASSERT_EQ(webhook_reason(message(changed)), "webhook_mismatch") << i;
    }
    for (std::size_t i = 0; i < kBody.size(); ++i) {
        std::string changed(kBody);
        changed[i] = static_cast<char>(changed[i] ^ 1);
        WebhookMessage other = message();
        other.body = changed;
        ASSERT_EQ(webhook_reason(other), "webhook_mismatch") << i;
    }
    WebhookMessage other = message();
    other.id = "msg_other";
    EXPECT_EQ(webhook_reason(other), "webhook_mismatch");
    other = message();
    other.timestamp = "1614265331";
    EXPECT_EQ(webhook_reason(other), "webhook_mismatch");
}

TEST(Webhook, MalformedPartsAreSkippedNotFatal) {
    const std::string good(kSignature);
    for (const std::string& header :
         {"v1 " + good, "garbage, " + good, "v1,,x " + good, "v2,AAAA " + good, "v1, " + good,
          "  " + good, good + " v1,x", "v1a,AAAA " + good + " "}) {
        EXPECT_EQ(webhook_reason(message(header)), "accepted") << header;
    }
    for (const std::string& header : {std::string("v1,"), std::string("v1"), std::string(" "),
                                      "v2" + good.substr(2), "V1" + good.substr(2), good.substr(3),
                                      "v1, " + good.substr(3), good + ",", "v1," + good}) {
        EXPECT_EQ(webhook_reason(message(header)), "webhook_mismatch") << header;
    }
}

TEST(Webhook, AHeaderOfEndlessPartsIsReadInPart) {
    std::string header;
    for (int i = 0; i < 40; ++i) header += "v1,AAAA ";
    EXPECT_EQ(webhook_reason(message(header + std::string(kSignature))), "webhook_mismatch");
}

TEST(Webhook, FiveMinutesEitherWayAndNotASecondMore) {
    EXPECT_EQ(webhook_reason(message(), kSentAt + 300), "accepted");
    EXPECT_EQ(webhook_reason(message(), kSentAt - 300), "accepted");
    EXPECT_EQ(webhook_reason(message(), kSentAt + 301), "webhook_too_old");
    EXPECT_EQ(webhook_reason(message(), kSentAt - 301), "webhook_too_new");
}

TEST(Webhook, TimestampsAreDigits) {
    for (const char* text :
         {"abc", "-1614265330", "+1614265330", " 1614265330", "1614265330 ", "1614265330.0",
          "1.6e9", "01614265330", "0x6037b7f2", "99999999999999999999", "1614265330\n"}) {
        WebhookMessage other = message();
        other.timestamp = text;
        EXPECT_EQ(webhook_reason(other), "webhook_timestamp_malformed") << text;
    }
}

TEST(Webhook, AllThreeHeadersAreNeeded) {
    WebhookMessage other = message();
    other.id = "";
    EXPECT_EQ(webhook_reason(other), "webhook_header_missing");
    other = message();
    other.timestamp = "";
    EXPECT_EQ(webhook_reason(other), "webhook_header_missing");
    EXPECT_EQ(webhook_reason(message("")), "webhook_header_missing");
}

TEST(Webhook, WithoutAKeyNothingVerifies) {
    EXPECT_FALSE(verify_webhook(std::vector<WebhookKey>(), message(), kSentAt));
}

TEST(Webhook, RotationSignsWithEveryKeyAndAnyOneVerifies) {
    const Secret fresh = make_webhook_secret(openssl_entropy());
    const std::vector<WebhookKey> both{*WebhookKey::parse(fresh.reveal()),
                                       *WebhookKey::parse(kSecret)};
    const std::string header = webhook_signatures(both, kId, kSentAt, kBody);
    EXPECT_EQ(header, both[0].signature(kId, kSentAt, kBody) + " " + std::string(kSignature));
    EXPECT_EQ(webhook_reason(message(header)), "accepted");
    EXPECT_TRUE(verify_webhook(std::span(both).first(1), message(header), kSentAt));
    EXPECT_FALSE(verify_webhook(std::span(both).first(1), message(), kSentAt));
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

// Published with the Svix server (seed and public half) and with the Go library (seed alone).
constexpr std::string_view kLongKey =
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
constexpr std::string_view kPublicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
constexpr std::string_view kLongSignature =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
constexpr std::string_view kSeedKey = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
constexpr std::string_view kSeedSignature =
    "v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";

std::string public_verdict(const WebhookMessage& message, std::string_view key = kPublicKey) {
    const std::vector<WebhookVerifyingKey> keys{*WebhookVerifyingKey::parse(key)};
    const auto verified = verify_webhook(keys, message, kSentAt);
    return verified ? "accepted" : verified.error().reason();
}

TEST(WebhookEd25519, SignsAsPublishedWithBothLayoutsOfAKey) {
    EXPECT_EQ(WebhookKey::parse(kLongKey)->signature(kId, kSentAt, kBody), kLongSignature);
    EXPECT_EQ(WebhookKey::parse(kSeedKey)->signature(kId, kSentAt, kBody), kSeedSignature);
    EXPECT_EQ(WebhookKey::parse(kLongKey)->public_key(), kPublicKey);
    const std::string seed_alone =
        "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc";  // Unpadded as well.
    EXPECT_EQ(WebhookKey::parse(seed_alone)->public_key(), kPublicKey);
    EXPECT_EQ(WebhookKey::parse(kSecret)->public_key(), std::nullopt);
}

TEST(WebhookEd25519, ThePublicKeyVerifiesAndRefusesEveryCharacterChange) {
    EXPECT_EQ(public_verdict(message(kLongSignature)), "accepted");
    for (std::size_t i = 0; i < kLongSignature.size(); ++i) {
        std::string changed(kLongSignature);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        ASSERT_EQ(public_verdict(message(changed)), "webhook_mismatch") << i;
    }
    for (std::size_t i = 0; i < kBody.size(); ++i) {
        std::string changed(kBody);
        changed[i] = static_cast<char>(changed[i] ^ 1);
        WebhookMessage other = message(kLongSignature);
        other.body = changed;
        ASSERT_EQ(public_verdict(other), "webhook_mismatch") << i;
    }
    WebhookMessage other = message(kLongSignature);
    other.timestamp = "1614265331";
    EXPECT_EQ(public_verdict(other), "webhook_mismatch");
    EXPECT_EQ(public_verdict(message(kSeedSignature)), "webhook_mismatch");
}

TEST(WebhookEd25519, EitherKindOfSignatureIsFoundAmongTheOthers) {
    const std::string both = std::string(kSignature) + " " + std::string(kLongSignature);
    EXPECT_EQ(public_verdict(message(both)), "accepted");
    EXPECT_EQ(public_verdict(message(both), kSecret), "accepted");
    EXPECT_EQ(public_verdict(message(both), kLongKey), "accepted");
    EXPECT_EQ(public_verdict(message("v1a, v1a,x v1a,AAAA v1a,," + std::string(kLongSignature))),
              "webhook_mismatch");
    const std::string as_v1 = "v1," + std::string(kLongSignature.substr(4));
    EXPECT_EQ(public_verdict(message(as_v1)), "webhook_mismatch");
    const std::vector<WebhookKey> keys{*WebhookKey::parse(kLongKey), *WebhookKey::parse(kSecret)};
    EXPECT_EQ(webhook_signatures(keys, kId, kSentAt, kBody),
              std::string(kLongSignature) + " " + std::string(kSignature));
}

TEST(WebhookEd25519, RefusesKeysThatCannotWorkAndSaysWhy) {
    EXPECT_EQ(secret_reason("whsk_"), "webhook_secret_empty");
    EXPECT_EQ(secret_reason("whsk_not base64!"), "webhook_secret_malformed");
    EXPECT_EQ(secret_reason("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "webhook_secret_length");
    EXPECT_EQ(secret_reason(std::string(kPublicKey)), "webhook_secret_is_public");
    std::string damaged(kLongKey);
    damaged[60] = damaged[60] == 'A' ? 'B' : 'A';
    EXPECT_EQ(secret_reason(damaged), "webhook_secret_damaged");
    for (const char* key : {"whpk_", "whpk_not base64!", "whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
        const auto parsed = WebhookVerifyingKey::parse(key);
        ASSERT_FALSE(parsed) << key;
        EXPECT_EQ(parsed.error().code(), ErrorCode::invalid_argument) << key;
    }
}

TEST(WebhookEd25519, FreshPairsFitTogetherAndDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        const WebhookKeyPair pair = make_webhook_key_pair(openssl_entropy());
        const auto key = WebhookKey::parse(pair.private_key.reveal());
        ASSERT_TRUE(key);
        EXPECT_EQ(key->public_key(), pair.public_key);
        const std::string signature = key->signature(kId, kSentAt, kBody);
        EXPECT_EQ(public_verdict(message(signature), pair.public_key), "accepted");
        EXPECT_EQ(public_verdict(message(signature)), "webhook_mismatch");
        seen.insert(pair.public_key);
    }
    EXPECT_EQ(seen.size(), 20U);
}

}  // namespace
}  // namespace tollgate::signing
