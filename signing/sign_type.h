#pragma once

#include <optional>
#include <string_view>

namespace tollgate::signing {

// How a text is signed: RSASSA-PKCS1-v1_5 over SHA-256 (rsa2) or over SHA-1 (rsa, only for old apps
// that are configured so; protocol notes 2.2).
enum class SignType { rsa2, rsa };

// The wire's word, "RSA2" or "RSA", and back; the exact letters only.
std::string_view name_of(SignType type);
std::optional<SignType> sign_type_from(std::string_view name);

}  // namespace tollgate::signing
