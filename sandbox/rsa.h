#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace tollgate::sandbox {

// The sandbox's own RSA, straight from the protocol notes (2.2, 2.3): it judges signatures that
// other code made, so it shares nothing with that code.
enum class SignType {
    rsa2,  // PKCS#1 v1.5 with SHA-256.
    rsa,   // The same with SHA-1.
};

std::string_view name_of(SignType type);
std::optional<SignType> sign_type_named(std::string_view name);

// Immutable and cheap to copy; safe to use from several threads.
class PublicKey {
public:
    using Verify = std::function<bool(std::string_view content, std::string_view signature_base64)>;

    // A key that is not RSA's: for simulations, where a real signature would cost too much.
    static PublicKey of(Verify verify);

    // SPKI or PKCS#1, in PEM or as bare base64. Errors: invalid_argument.
    static Result<PublicKey> parse(std::string_view text);

    // Errors: unauthenticated, saying whether the text is no base64, has the wrong length, or does
    // not fit the content.
    Result<Done> verify(std::string_view content, std::string_view signature_base64,
                        SignType type) const;

private:
    friend class PrivateKey;
    explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

    std::shared_ptr<evp_pkey_st> key_;
    Verify verify_;  // Instead of key_, where there is one.
};

class PrivateKey {
public:
    using Sign = std::function<std::string(std::string_view content)>;

    // As PublicKey::of, which `public_half` was made by.
    static PrivateKey of(Sign sign, PublicKey public_half);

    // PKCS#8 or PKCS#1, in PEM or as bare base64. Errors: invalid_argument.
    static Result<PrivateKey> parse(std::string_view text);

    // Base64 of the signature. Errors: internal.
    Result<std::string> sign(std::string_view content, SignType type) const;

    PublicKey public_half() const { return key_ == nullptr ? *public_half_ : PublicKey(key_); }

private:
    explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

    std::shared_ptr<evp_pkey_st> key_;
    Sign sign_;  // Instead of key_, where there is one; then public_half_ stands too.
    std::shared_ptr<const PublicKey> public_half_;
};

}  // namespace tollgate::sandbox
