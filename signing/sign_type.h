#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"

namespace tollgate::signing {

// How a text is signed: RSASSA-PKCS1-v1_5 over SHA-256 (rsa2) or over SHA-1 (rsa, only for old apps
// that are configured so; protocol notes 2.2), or SM3withSM2 (sm2; protocol notes 8).
enum class SignType { rsa2, rsa, sm2 };

// The wire's word, "RSA2", "RSA" or "SM2", and back; the exact letters only.
std::string_view name_of(SignType type);
std::optional<SignType> sign_type_from(std::string_view name);

// What a message that names its own kind may be verified by: the configured one, or RSA2 for every
// app. SHA-1 is only for an app configured so, or anyone could choose the weaker kind.
// Errors: unauthenticated with "sign_type_missing" (empty) or "sign_type_not_allowed".
Result<SignType> allowed_sign_type(std::string_view name, SignType configured);

}  // namespace tollgate::signing
