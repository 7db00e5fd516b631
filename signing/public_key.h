#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/key_text.h"
#include "signing/sign_type.h"

namespace tollgate::signing {

// The key that checks what the other side signed. Immutable and cheap to copy (copies share it);
// verify() may run in any number of threads at once.
class PublicKey {
public:
    // Reads "PUBLIC KEY" (SPKI) or "RSA PUBLIC KEY" (PKCS#1), armoured or bare base64, or the first
    // X.509 certificate of a PEM text, whose key it takes without judging the certificate.
    // Errors: invalid_argument with the reasons of read_key_text, or "key_is_private" (a private
    // key given by mistake), "key_not_rsa", "key_too_short", "key_too_long", "key_unreadable".
    static Result<PublicKey> parse(std::string_view text, KeyLimits limits = {});

    // The same for keys that check signatures of `type`: an SM2 key (SPKI) for SignType::sm2, with
    // "key_not_sm2" for others.
    static Result<PublicKey> parse_for(SignType type, std::string_view text, KeyLimits limits = {});

    // Done if, and only if, signature_base64 is this key's signature of the content's bytes.
    // Errors: unauthenticated with "sign_not_base64" (or not its one canonical spelling),
    // "sign_wrong_length" (made by a key of another size), "sign_mismatch",
    // "sign_type_of_another_key" (RSA and SM2 are no match).
    Result<Done> verify(std::string_view content, std::string_view signature_base64,
                        SignType type) const;

    int bits() const;
    std::string to_spki_pem() const;
    // SPKI as one line of base64: what Alipay's console takes and shows.
    std::string to_bare() const;
    // SHA-256 of the SPKI bytes, lower-case hex: safe to log and to compare by eye.
    std::string fingerprint() const;
    bool same_as(const PublicKey& other) const;

private:
    friend class PrivateKey;
    friend struct EngineKeys;
    struct Parts;

    explicit PublicKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}
    static Result<PublicKey> from_spki(std::string_view der, SignType type, KeyLimits limits);

    std::shared_ptr<const Parts> parts_;
};

}  // namespace tollgate::signing
