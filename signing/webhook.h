#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace tollgate::signing {

// Standard Webhooks, scheme v1: HMAC-SHA256 over "<id>.<timestamp>.<raw body>"
// (standard-webhooks/standard-webhooks, spec/standard-webhooks.md).

// Seconds that a message may be old, or ahead of our clock; exactly that much still passes.
inline constexpr std::int64_t kWebhookToleranceSeconds = 300;

// Sizes of a decoded secret. The specification says 24 to 64; senders with 75 are in the wild.
struct WebhookKeyLimits {
    std::size_t bytes_min = 24;
    std::size_t bytes_max = 75;
};

// One signing secret of one endpoint. Immutable, cheap to copy, usable from any number of threads.
class WebhookKey {
public:
    // "whsec_" and base64; the prefix and the padding may be missing. Errors: invalid_argument with
    // "webhook_secret_empty", "webhook_secret_malformed", "webhook_secret_length".
    static Result<WebhookKey> parse(std::string_view whsec, WebhookKeyLimits limits = {});

    // "v1,<base64>" for one attempt. `id` has no '.', timestamp_seconds is the attempt's.
    std::string signature(std::string_view id, std::int64_t timestamp_seconds,
                          std::string_view body) const;

private:
    struct Parts;

    explicit WebhookKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

    std::shared_ptr<const Parts> parts_;
};

// The whole webhook-signature header: one signature a key, in the keys' order, separated by spaces,
// so that a receiver may change its secret without losing a message. Requires a key at least.
std::string webhook_signatures(std::span<const WebhookKey> keys, std::string_view id,
                               std::int64_t timestamp_seconds, std::string_view body);

// A fresh secret of 32 random bytes, with its prefix.
Secret make_webhook_secret(Entropy& entropy);

// What a receiver gets, as the three headers and the body say it.
struct WebhookMessage {
    std::string_view id;
    std::string_view timestamp;   // Digits only.
    std::string_view signatures;  // Parts of other versions and malformed parts are skipped.
    std::string_view body;
};

// Done if one part is a v1 signature by one of the keys, and the message is at most
// kWebhookToleranceSeconds away from now. Errors: unauthenticated with "webhook_header_missing",
// "webhook_timestamp_malformed", "webhook_too_old", "webhook_too_new", "webhook_mismatch".
Result<Done> verify_webhook(std::span<const WebhookKey> keys, const WebhookMessage& message,
                            std::int64_t now_seconds);

}  // namespace tollgate::signing
