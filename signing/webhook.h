#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace tollgate::signing {

// Standard Webhooks: a signature over "<id>.<timestamp>.<raw body>", by HMAC-SHA256 with a shared
// secret (scheme v1, "whsec_") or by Ed25519 (scheme v1a, "whsk_" to sign and "whpk_" to verify)
// (standard-webhooks/standard-webhooks, spec/standard-webhooks.md).

// Seconds that a message may be old, or ahead of our clock; exactly that much still passes.
inline constexpr std::int64_t kWebhookToleranceSeconds = 300;

// Sizes of a decoded secret. The specification says 24 to 64; senders with 75 are in the wild.
struct WebhookKeyLimits {
    std::size_t bytes_min = 24;
    std::size_t bytes_max = 75;
};

// One signing key of one endpoint. Immutable, cheap to copy, usable from any number of threads.
class WebhookKey {
public:
    // A shared secret: "whsec_" and base64; the prefix and the padding may be missing. Or an
    // Ed25519 key: "whsk_" and the base64 of its 32-byte seed, or of the seed and the 32 bytes of
    // its public half. Errors: invalid_argument with "webhook_secret_empty",
    // "webhook_secret_malformed" (no base64), "webhook_secret_length", "webhook_secret_damaged"
    // (the halves of a whsk_ key do not belong together), "webhook_secret_is_public" (a whpk_ key,
    // which cannot sign).
    static Result<WebhookKey> parse(std::string_view secret, WebhookKeyLimits limits = {});

    // "v1,<base64>" or "v1a,<base64>" for one attempt. `id` has no '.', timestamp_seconds is the
    // attempt's.
    std::string signature(std::string_view id, std::int64_t timestamp_seconds,
                          std::string_view body) const;

    // "whpk_…" for the receiver of a whsk_ key's signatures; nothing for a shared secret.
    std::optional<std::string> public_key() const;

private:
    struct Parts;

    explicit WebhookKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    static Result<WebhookKey> parse_ed25519(std::string_view base64);

    std::shared_ptr<const Parts> parts_;

    friend class WebhookVerifyingKey;
};

// What a receiver verifies with: a shared secret, or the public half of an Ed25519 key. Immutable,
// cheap to copy, usable from any number of threads.
class WebhookVerifyingKey {
public:
    // "whpk_" and the base64 of 32 bytes, or anything that WebhookKey::parse reads, with its
    // errors.
    static Result<WebhookVerifyingKey> parse(std::string_view key, WebhookKeyLimits limits = {});

    // Implicit: who may sign may verify.
    WebhookVerifyingKey(const WebhookKey& key) : parts_(key.parts_) {}

    // Whether `part` of a header ("v1,…", "v1a,…") is this key's signature. Others are not, also
    // of versions that nobody knows.
    bool matches(std::string_view part, std::string_view signed_text) const;

private:
    explicit WebhookVerifyingKey(std::shared_ptr<const WebhookKey::Parts> parts)
        : parts_(std::move(parts)) {}

    std::shared_ptr<const WebhookKey::Parts> parts_;
};

// The whole webhook-signature header: one signature a key, in the keys' order, separated by spaces,
// so that a receiver may change its secret without losing a message. Requires a key at least.
std::string webhook_signatures(std::span<const WebhookKey> keys, std::string_view id,
                               std::int64_t timestamp_seconds, std::string_view body);

// A fresh secret of 32 random bytes, with its prefix.
Secret make_webhook_secret(Entropy& entropy);

struct WebhookKeyPair {
    Secret private_key;  // "whsk_…", the seed and the public half, as the deployed senders have it.
    std::string public_key;  // "whpk_…"
};

// A fresh Ed25519 key, with its prefixes.
WebhookKeyPair make_webhook_key_pair(Entropy& entropy);

// What a receiver gets, as the three headers and the body say it.
struct WebhookMessage {
    std::string_view id;
    std::string_view timestamp;   // Digits only.
    std::string_view signatures;  // Parts of other versions and malformed parts are skipped.
    std::string_view body;
};

// Done if one part is a signature by one of the keys, and the message is at most
// kWebhookToleranceSeconds away from now. Errors: unauthenticated with "webhook_header_missing",
// "webhook_timestamp_malformed", "webhook_too_old", "webhook_too_new", "webhook_mismatch".
Result<Done> verify_webhook(std::span<const WebhookVerifyingKey> keys,
                            const WebhookMessage& message, std::int64_t now_seconds);
Result<Done> verify_webhook(std::span<const WebhookKey> keys, const WebhookMessage& message,
                            std::int64_t now_seconds);

}  // namespace tollgate::signing
