#pragma once

#include <string>
#include <string_view>

#include "signing/openssl.h"

// Ed25519 (RFC 8032) for the room's other sources. Keys may be shared between threads.
namespace tollgate::signing {

inline constexpr std::size_t kEd25519KeyBytes = 32;  // Of a seed and of a public key.
inline constexpr std::size_t kEd25519SignatureBytes = 64;

// Both require kEd25519KeyBytes. Never null.
PkeyHandle ed25519_private(std::string_view seed);
PkeyHandle ed25519_public(std::string_view bytes);

// The public half of either.
std::string ed25519_public_bytes(const EVP_PKEY& key);

// The 64 raw bytes; the same each time for the same text.
std::string ed25519_sign(EVP_PKEY& private_key, std::string_view text);

// Whether `signature` (raw bytes, of any size) is one of the text by the key's private half.
bool ed25519_matches(EVP_PKEY& key, std::string_view text, std::string_view signature);

}  // namespace tollgate::signing
