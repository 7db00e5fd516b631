#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "signing/key_text.h"
#include "signing/public_key.h"
#include "signing/sign_type.h"

namespace tollgate::signing {

// Stands as a line of its own before the armour of keys that the demo makes, so that `serve` can
// refuse them next to a production address.
inline constexpr std::string_view kDemoMarker = "Tollgate demo key: never use it in production.";

struct PemOptions {
    bool with_demo_marker = false;
};

// The key that signs for us. Immutable, cheap to copy (copies share it), usable from any number of
// threads at once; it has no text form except the three to_… functions, which say Secret.
class PrivateKey {
public:
    // Reads PKCS#8 or PKCS#1, PEM or bare base64 (protocol notes 2.3), and signs once to prove that
    // the key is whole. Errors: invalid_argument with the reasons of read_key_text, or
    // "key_is_public" (a public key or a certificate given by mistake), "key_not_rsa",
    // "key_too_short", "key_too_long", "key_damaged" (its numbers do not fit together),
    // "key_unreadable".
    static Result<PrivateKey> parse(std::string_view text, KeyLimits limits = {});

    // The same for keys that make signatures of `type`: an SM2 key (PKCS#8 or "EC PRIVATE KEY") for
    // SignType::sm2, with "key_not_sm2" for others.
    static Result<PrivateKey> parse_for(SignType type, std::string_view text,
                                        KeyLimits limits = {});

    // A new RSA key of 2048 to 8192 bits; takes some 100 ms and more. Errors: invalid_argument.
    static Result<PrivateKey> generate(int bits);
    static PrivateKey generate_sm2();

    // The signature of the content's bytes: base64 in one line, 344 characters for 2048 bits.
    // Errors: internal, should OpenSSL fail; invalid_argument with "sign_type_of_another_key" (RSA
    // and SM2 are no match).
    Result<std::string> sign(std::string_view content, SignType type) const;

    PublicKey public_half() const;
    bool is_demo() const;

    Secret to_pkcs8_pem(PemOptions options = {}) const;
    // One line of base64 without armour, as Alipay's own tool hands keys out.
    Secret to_pkcs8_bare() const;
    Secret to_pkcs1_bare() const;  // RSA only.

private:
    friend struct EngineKeys;
    struct Parts;

    explicit PrivateKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

    std::shared_ptr<const Parts> parts_;
};

}  // namespace tollgate::signing
