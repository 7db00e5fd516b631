#pragma once

#include <string>
#include <string_view>

namespace tollgate::signing {

// The 32 raw bytes of SHA-256, or the same as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);
std::string sha256_hex(std::string_view bytes);

// 32 lower-case hexadecimal digits. Only for names that Alipay made with MD5: it proves nothing.
std::string md5_hex(std::string_view bytes);

// The 32 raw bytes of HMAC-SHA256 (RFC 2104). Any key size, also none.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// Two lower-case digits for each byte.
std::string to_hex(std::string_view bytes);

// Takes equally long wherever the first difference stands, so that a caller who may guess often
// cannot learn a secret byte by byte. Different lengths are told at once.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace tollgate::signing
