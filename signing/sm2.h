#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/openssl.h"

// SM3withSM2 as Alipay uses it: user id 1234567812345678, signature DER SEQUENCE(r, s) (protocol
// notes 8). For the room's other sources only. Keys may be shared between threads.
namespace tollgate::signing {

bool is_sm2(const EVP_PKEY* key);

// Errors: invalid_argument with "key_not_sm2" (also for null).
Result<Done> check_sm2(const EVP_PKEY* key);

// The DER bytes; different each time. Errors: internal, should OpenSSL fail.
Result<std::string> sm2_sign(EVP_PKEY& private_key, std::string_view content);

// Whether `signature` is one of the content, in its one canonical DER spelling.
bool sm2_matches(EVP_PKEY& key, std::string_view content, std::string_view signature);

// Gives a certificate that SM2 signed the user id, without which X509_verify refuses it.
void sm2_prepare(X509& certificate);

}  // namespace tollgate::signing
