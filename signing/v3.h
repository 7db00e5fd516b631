#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "signing/private_key.h"
#include "signing/public_key.h"

namespace tollgate::signing {

// API v3 (protocol notes 7): the signature stands in headers, and RSA2 is its only kind here.

// What a request's signature covers. The texts must outlive the call.
struct V3Request {
    std::string_view app_id;
    std::string_view app_cert_sn = {};                    // Empty in key mode.
    std::string_view nonce;                               // Fresh for each request.
    Timestamp now;                                        // Alipay refuses it after ten minutes,
    std::optional<std::chrono::seconds> expires_in = {};  // or sooner when this is set.
    std::string_view http_method;                         // Upper case.
    std::string_view target;                              // Path and query as sent, no host.
    std::string_view body = {};            // As sent: the ciphertext when it is encrypted.
    std::string_view app_auth_token = {};  // Empty unless it acts for a merchant.
};

// The text that is signed. Errors: invalid_argument with "v3_request_malformed" when a part holds
// what separates the parts (a line end, in the credentials also a ',' or '='), or is missing.
Result<std::string> v3_request_content(const V3Request& request);

// The whole value of the Authorization header. Errors: besides, those of PrivateKey::sign.
Result<std::string> v3_authorization(const V3Request& request, const PrivateKey& key);

// An answer as it came; the header of that name, or empty when there was none.
struct V3Answer {
    std::string_view timestamp;  // alipay-timestamp
    std::string_view nonce;      // alipay-nonce
    std::string_view signature;  // alipay-signature; "null" is the same as none.
    std::string_view body;       // As received: the ciphertext when it is encrypted.
};

// Done if one of the keys signed this answer; in certificate mode pass the key of alipay-sn alone.
// Errors: unauthenticated with "answer_sign_missing" (the failures of v3 come unsigned: they may
// be shown, but prove nothing), "answer_header_malformed", "answer_no_key", or PublicKey::verify's
// reasons.
Result<Done> verify_v3_answer(const V3Answer& answer, std::span<const PublicKey> keys);

}  // namespace tollgate::signing
