#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// SM4 in Galois/counter mode. OpenSSL 3.0 has the cipher and the mode, but not the two together.
// For content_cipher.cpp alone.
namespace tollgate::signing {

inline constexpr std::size_t kSm4Bytes = 16;  // Of a key, an IV and a tag alike.

// The ciphertext with its tag behind. Requires kSm4Bytes of key and IV.
std::string sm4_gcm_encrypt(std::string_view key, std::string_view iv, std::string_view text);

// Nothing when the tag, the last kSm4Bytes of `sealed`, does not fit.
std::optional<std::string> sm4_gcm_decrypt(std::string_view key, std::string_view iv,
                                           std::string_view sealed);

}  // namespace tollgate::signing
