#include "signing/webhook.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "signing/base64.h"
#include "signing/digest.h"
#include "signing/ed25519.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kPrivatePrefix = "whsk_";
constexpr std::string_view kPublicPrefix = "whpk_";
constexpr std::string_view kHmacVersion = "v1,";
constexpr std::string_view kEd25519Version = "v1a,";
constexpr std::size_t kNewSecretBytes = 32;
constexpr std::size_t kSignaturePartsMax = 32;
constexpr std::size_t kTimestampDigitsMax = 12;

Error bad_secret(std::string_view reason, const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, what, here).because(reason);
}

Error webhook_refused(std::string_view reason, const char* what, Here here = Here::current()) {
    return Error(ErrorCode::unauthenticated, what, here).because(reason);
}

std::string signed_text(std::string_view id, std::string_view timestamp, std::string_view body) {
    std::string text;
    text.reserve(id.size() + timestamp.size() + body.size() + 2);
    text.append(id).append(".").append(timestamp).append(".").append(body);
    return text;
}

// Digits only: some libraries also read signs, spaces or fractions, and differ about them.
std::optional<std::int64_t> parse_seconds(std::string_view text) {
    if (text.empty() || text.size() > kTimestampDigitsMax || text.front() == '-') {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return seconds;
}

bool matches_any(std::string_view signatures, std::span<const WebhookVerifyingKey> keys,
                 std::string_view text) {
    for (std::size_t count = 0; count < kSignaturePartsMax && !signatures.empty(); ++count) {
        const std::size_t end = std::min(signatures.find(' '), signatures.size());
        const std::string_view part = signatures.substr(0, end);
        signatures.remove_prefix(std::min(end + 1, signatures.size()));
        for (const WebhookVerifyingKey& key : keys) {
            if (key.matches(part, text)) return true;
        }
    }
    return false;
}

Secret random_bytes(Entropy& entropy) {
    std::array<std::uint8_t, kNewSecretBytes> bytes{};
    entropy.fill(bytes);
    Secret raw(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    wipe_memory(bytes.data(), bytes.size());
    return raw;
}

}  // namespace

// One of the two.
struct WebhookKey::Parts {
    MacContext keyed;    // A shared secret.
    PkeyHandle ed25519;  // A key pair, or only its public half.
};

Result<WebhookKey> WebhookKey::parse(std::string_view text, WebhookKeyLimits limits) {
    if (text.starts_with(kPublicPrefix)) {
        return bad_secret("webhook_secret_is_public", "a whpk_ key verifies but cannot sign");
    }
    if (text.starts_with(kPrivatePrefix)) return parse_ed25519(text.substr(kPrivatePrefix.size()));
    if (text.starts_with(kSecretPrefix)) text.remove_prefix(kSecretPrefix.size());
    if (text.empty()) return bad_secret("webhook_secret_empty", "the webhook secret is empty");
    auto decoded = from_loose_base64(text);
    if (!decoded) {
        return bad_secret("webhook_secret_malformed", "the webhook secret is not base64");
    }
    const Secret secret(*std::move(decoded));
    const std::size_t size = secret.reveal().size();
    if (size < limits.bytes_min || size > limits.bytes_max) {
        return bad_secret("webhook_secret_length", "a webhook secret has 24 to 75 bytes");
    }
    auto parts = std::make_shared<Parts>();
    parts->keyed = keyed_hmac_sha256(secret.reveal());
    return WebhookKey(std::move(parts));
}

Result<WebhookKey> WebhookKey::parse_ed25519(std::string_view base64) {
    if (base64.empty()) return bad_secret("webhook_secret_empty", "the webhook key is empty");
    auto decoded = from_loose_base64(base64);
    if (!decoded) return bad_secret("webhook_secret_malformed", "the webhook key is not base64");
    const Secret secret(*std::move(decoded));
    const std::string_view bytes = secret.reveal();
    if (bytes.size() != kEd25519KeyBytes && bytes.size() != 2 * kEd25519KeyBytes) {
        return bad_secret("webhook_secret_length", "a whsk_ key has 32 or 64 bytes");
    }
    auto parts = std::make_shared<Parts>();
    parts->ed25519 = ed25519_private(bytes.substr(0, kEd25519KeyBytes));
    const std::string_view public_half = bytes.substr(kEd25519KeyBytes);
    // With another public half than the receiver's, nothing that we sign would ever verify.
    if (!public_half.empty() && public_half != ed25519_public_bytes(*parts->ed25519)) {
        return bad_secret("webhook_secret_damaged", "the halves of the whsk_ key do not match");
    }
    return WebhookKey(std::move(parts));
}

std::string WebhookKey::signature(std::string_view id, std::int64_t timestamp_seconds,
                                  std::string_view body) const {
    const std::string text = signed_text(id, std::to_string(timestamp_seconds), body);
    if (parts_->keyed) {
        return std::string(kHmacVersion) + to_base64(hmac_with(*parts_->keyed, text));
    }
    return std::string(kEd25519Version) + to_base64(ed25519_sign(*parts_->ed25519, text));
}

std::optional<std::string> WebhookKey::public_key() const {
    if (!parts_->ed25519) return std::nullopt;
    return std::string(kPublicPrefix) + to_base64(ed25519_public_bytes(*parts_->ed25519));
}

Result<WebhookVerifyingKey> WebhookVerifyingKey::parse(std::string_view key,
                                                       WebhookKeyLimits limits) {
    if (!key.starts_with(kPublicPrefix)) {
        TOLLGATE_TRY(const WebhookKey signing, WebhookKey::parse(key, limits));
        return WebhookVerifyingKey(signing);
    }
    key.remove_prefix(kPublicPrefix.size());
    if (key.empty()) return bad_secret("webhook_secret_empty", "the webhook key is empty");
    const auto bytes = from_loose_base64(key);
    if (!bytes) return bad_secret("webhook_secret_malformed", "the webhook key is not base64");
    if (bytes->size() != kEd25519KeyBytes) {
        return bad_secret("webhook_secret_length", "a whpk_ key has 32 bytes");
    }
    auto parts = std::make_shared<WebhookKey::Parts>();
    parts->ed25519 = ed25519_public(*bytes);
    return WebhookVerifyingKey(std::move(parts));
}

bool WebhookVerifyingKey::matches(std::string_view part, std::string_view text) const {
    if (parts_->keyed) {
        const std::string expected =
            std::string(kHmacVersion) + to_base64(hmac_with(*parts_->keyed, text));
        return equal_in_constant_time(part, expected);
    }
    if (!part.starts_with(kEd25519Version)) return false;
    // Strict: one spelling, as for every signature.
    const auto signature = from_base64(part.substr(kEd25519Version.size()));
    return signature && ed25519_matches(*parts_->ed25519, text, *signature);
}

std::string webhook_signatures(std::span<const WebhookKey> keys, std::string_view id,
                               std::int64_t timestamp_seconds, std::string_view body) {
    TOLLGATE_CHECK(!keys.empty());
    std::string header;
    for (const WebhookKey& key : keys) {
        if (!header.empty()) header += ' ';
        header += key.signature(id, timestamp_seconds, body);
    }
    return header;
}

Secret make_webhook_secret(Entropy& entropy) {
    return Secret(std::string(kSecretPrefix) + to_base64(random_bytes(entropy).reveal()));
}

WebhookKeyPair make_webhook_key_pair(Entropy& entropy) {
    const Secret seed = random_bytes(entropy);
    const std::string public_half = ed25519_public_bytes(*ed25519_private(seed.reveal()));
    std::string both(seed.reveal());
    both += public_half;
    const Secret private_half(std::move(both));
    return {.private_key = Secret(std::string(kPrivatePrefix) + to_base64(private_half.reveal())),
            .public_key = std::string(kPublicPrefix) + to_base64(public_half)};
}

Result<Done> verify_webhook(std::span<const WebhookVerifyingKey> keys,
                            const WebhookMessage& message, std::int64_t now_seconds) {
    if (message.id.empty() || message.timestamp.empty() || message.signatures.empty()) {
        return webhook_refused("webhook_header_missing", "a webhook header is missing");
    }
    const auto seconds = parse_seconds(message.timestamp);
    // A leading zero would be another spelling of the same instant, and so of the signed text.
    if (!seconds || std::to_string(*seconds) != message.timestamp) {
        return webhook_refused("webhook_timestamp_malformed",
                               "webhook-timestamp is not unix seconds");
    }
    if (now_seconds - *seconds > kWebhookToleranceSeconds) {
        return webhook_refused("webhook_too_old", "the webhook is older than five minutes");
    }
    if (*seconds - now_seconds > kWebhookToleranceSeconds) {
        return webhook_refused("webhook_too_new",
                               "the webhook is ahead of the clock by five minutes");
    }
    const std::string text = signed_text(message.id, message.timestamp, message.body);
    if (!matches_any(message.signatures, keys, text)) {
        return webhook_refused("webhook_mismatch", "no signature of the webhook matches");
    }
    return Done{};
}

Result<Done> verify_webhook(std::span<const WebhookKey> keys, const WebhookMessage& message,
                            std::int64_t now_seconds) {
    const std::vector<WebhookVerifyingKey> verifying(keys.begin(), keys.end());
    return verify_webhook(std::span<const WebhookVerifyingKey>(verifying), message, now_seconds);
}

}  // namespace tollgate::signing
