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
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::string_view kVersionPrefix = "v1,";
constexpr std::size_t kNewSecretBytes = 32;
constexpr std::size_t kSignaturePartsMax = 32;
constexpr std::size_t kTimestampDigitsMax = 12;

Error bad_secret(std::string_view reason, const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, what, here).because(reason);
}

Error refused(std::string_view reason, const char* what, Here here = Here::current()) {
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

bool matches_any(std::string_view signatures, const std::vector<std::string>& expected) {
    for (std::size_t count = 0; count < kSignaturePartsMax && !signatures.empty(); ++count) {
        const std::size_t end = std::min(signatures.find(' '), signatures.size());
        const std::string_view part = signatures.substr(0, end);
        signatures.remove_prefix(std::min(end + 1, signatures.size()));
        for (const std::string& signature : expected) {
            if (equal_in_constant_time(part, signature)) return true;
        }
    }
    return false;
}

}  // namespace

struct WebhookKey::Parts {
    explicit Parts(std::string_view secret) : keyed(keyed_hmac_sha256(secret)) {}

    MacContext keyed;
};

Result<WebhookKey> WebhookKey::parse(std::string_view whsec, WebhookKeyLimits limits) {
    if (whsec.starts_with(kSecretPrefix)) whsec.remove_prefix(kSecretPrefix.size());
    if (whsec.empty()) return bad_secret("webhook_secret_empty", "the webhook secret is empty");
    auto decoded = from_loose_base64(whsec);
    if (!decoded) {
        return bad_secret("webhook_secret_malformed", "the webhook secret is not base64");
    }
    const Secret secret(*std::move(decoded));
    const std::size_t size = secret.reveal().size();
    if (size < limits.bytes_min || size > limits.bytes_max) {
        return bad_secret("webhook_secret_length", "a webhook secret has 24 to 75 bytes");
    }
    return WebhookKey(std::make_shared<Parts>(secret.reveal()));
}

std::string WebhookKey::signature(std::string_view id, std::int64_t timestamp_seconds,
                                  std::string_view body) const {
    const std::string text = signed_text(id, std::to_string(timestamp_seconds), body);
    return std::string(kVersionPrefix) + to_base64(hmac_with(*parts_->keyed, text));
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
    std::array<std::uint8_t, kNewSecretBytes> bytes{};
    entropy.fill(bytes);
    const std::string_view raw(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    Secret secret(std::string(kSecretPrefix) + to_base64(raw));
    wipe_memory(bytes.data(), bytes.size());
    return secret;
}

Result<Done> verify_webhook(std::span<const WebhookKey> keys, const WebhookMessage& message,
                            std::int64_t now_seconds) {
    if (message.id.empty() || message.timestamp.empty() || message.signatures.empty()) {
        return refused("webhook_header_missing", "a webhook header is missing");
    }
    const auto seconds = parse_seconds(message.timestamp);
    // A leading zero would be another spelling of the same instant, and so of the signed text.
    if (!seconds || std::to_string(*seconds) != message.timestamp) {
        return refused("webhook_timestamp_malformed", "webhook-timestamp is not unix seconds");
    }
    if (now_seconds - *seconds > kWebhookToleranceSeconds) {
        return refused("webhook_too_old", "the webhook is older than five minutes");
    }
    if (*seconds - now_seconds > kWebhookToleranceSeconds) {
        return refused("webhook_too_new", "the webhook is ahead of the clock by five minutes");
    }
    std::vector<std::string> expected;
    expected.reserve(keys.size());
    for (const WebhookKey& key : keys) {
        expected.push_back(key.signature(message.id, *seconds, message.body));
    }
    if (!matches_any(message.signatures, expected)) {
        return refused("webhook_mismatch", "no signature of the webhook matches");
    }
    return Done{};
}

}  // namespace tollgate::signing
