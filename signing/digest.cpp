#include "signing/digest.h"

#include <openssl/crypto.h>

#include "base/check.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr std::size_t kSha256Bytes = 32;
constexpr std::size_t kMd5Bytes = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

std::string sha256(std::string_view bytes) {
    std::string digest(kSha256Bytes, '\0');
    unsigned size = 0;
    TOLLGATE_CHECK(EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), &size,
                              sha256_algorithm(), nullptr) == 1);
    TOLLGATE_CHECK(size == kSha256Bytes);
    return digest;
}

std::string sha256_hex(std::string_view bytes) {
    return to_hex(sha256(bytes));
}

std::string md5_hex(std::string_view bytes) {
    std::string digest(kMd5Bytes, '\0');
    unsigned size = 0;
    TOLLGATE_CHECK(EVP_Digest(bytes.data(), bytes.size(), bytes_of(digest), &size, md5_algorithm(),
                              nullptr) == 1);
    TOLLGATE_CHECK(size == kMd5Bytes);
    return to_hex(digest);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
    return hmac_with(*keyed_hmac_sha256(key), bytes);
}

std::string to_hex(std::string_view bytes) {
    std::string hex;
    hex.reserve(bytes.size() * 2);
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        hex += kHexDigits[value >> 4U];
        hex += kHexDigits[value & 0x0FU];
    }
    return hex;
}

bool equal_in_constant_time(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) return false;
    return left.empty() || CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace tollgate::signing
