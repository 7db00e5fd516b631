#include "sandbox/standard_webhooks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "sandbox/base64.h"

namespace tollgate::sandbox {
namespace {

constexpr std::chrono::seconds kTolerance{300};

Error refused(std::string message, std::string_view reason) {
    return Error(ErrorCode::unauthenticated, std::move(message)).because(reason);
}

Result<std::int64_t> unix_seconds(std::string_view text) {
    const bool digits = !text.empty() && text.size() <= 12 &&
                        text.find_first_not_of("0123456789") == std::string_view::npos;
    std::int64_t seconds = 0;
    if (digits) std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (!digits) return refused("webhook-timestamp is not a whole number", "timestamp_malformed");
    return seconds;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes.data(),
         &size);
    return {reinterpret_cast<const char*>(bytes.data()), size};
}

bool same_in_constant_time(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

// Unknown versions and malformed parts are skipped: a decoy must not make a good part fail.
bool any_signature_fits(std::string_view header, std::string_view expected) {
    while (!header.empty()) {
        const std::size_t end = std::min(header.find(' '), header.size());
        const std::string_view part = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        if (!part.starts_with("v1,")) continue;
        if (same_in_constant_time(part.substr(3), expected)) return true;
    }
    return false;
}

}  // namespace

Result<WebhookVerifier> WebhookVerifier::open(const Secret& secret) {
    std::string_view text = secret.reveal();
    if (text.starts_with("whsec_")) text.remove_prefix(6);
    auto key = from_base64(text);
    if (!key || key->empty()) {
        return Error(ErrorCode::invalid_argument, "an event secret is whsec_ and base64");
    }
    return WebhookVerifier(Secret(*std::move(key)));
}

Result<std::string> WebhookVerifier::verify(const transport::HeaderList& headers,
                                            std::string_view body, Timestamp now) const {
    const auto id = transport::find_header(headers, "webhook-id");
    const auto timestamp = transport::find_header(headers, "webhook-timestamp");
    const auto signature = transport::find_header(headers, "webhook-signature");
    if (!id || id->empty() || !timestamp || !signature) {
        return refused("webhook-id, -timestamp and -signature are needed", "header_missing");
    }
    TOLLGATE_TRY(const std::int64_t seconds, unix_seconds(*timestamp));
    if (std::abs(now.ms / 1000 - seconds) > kTolerance.count()) {
        return refused("webhook-timestamp is too far away", "timestamp_out_of_window");
    }
    const std::string message =
        std::string(*id) + "." + std::string(*timestamp) + "." + std::string(body);
    if (!any_signature_fits(*signature, to_base64(hmac_sha256(key_.reveal(), message)))) {
        return refused("no signature fits", "sign_mismatch");
    }
    return std::string(*id);
}

}  // namespace tollgate::sandbox
