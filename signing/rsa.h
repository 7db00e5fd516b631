#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/key_text.h"
#include "signing/openssl.h"
#include "signing/sign_type.h"

// What both halves of a key pair do with OpenSSL. Only key sources include this.
namespace tollgate::signing {

struct Digest {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
    std::size_t size;
};

// The digest that an RSA signature of this type covers. Never fails: the algorithms are built in.
Digest digest_of(std::string_view content, SignType type);

// A context for EVP_PKEY_verify or EVP_PKEY_sign with padding and digest chosen. Never null.
PkeyContext verify_context(EVP_PKEY& key, SignType type);
PkeyContext sign_context(EVP_PKEY& key, SignType type);

// The SPKI bytes of the key's public half.
std::string spki_of(const EVP_PKEY& key);

// A private key of any kind, PKCS#8 or traditional; null when the bytes are something else.
PkeyHandle read_private_key(std::string_view der);
bool is_private_key(std::string_view der);

// Errors: invalid_argument with "key_not_rsa" (also for null), "key_too_short", "key_too_long".
Result<Done> check_rsa(const EVP_PKEY* key, KeyLimits limits);

// check_rsa or check_sm2, whichever signatures of this type need.
Result<Done> check_key(const EVP_PKEY* key, SignType type, KeyLimits limits);

// Whether a key can make or check signatures of this type.
bool fits(const EVP_PKEY& key, SignType type);

}  // namespace tollgate::signing
