#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace tollgate::signing {

// How biz_content and answers are encrypted (protocol notes 6). None of them replaces the
// signature: aes and aes_v2 do not notice a changed text.
enum class EncryptType {
    aes,     // AES-128/CBC, IV of zeros: the same text gives the same ciphertext.
    aes_v2,  // AES-128/CBC, a random IV in front.
    sm4,     // SM4/GCM, a random IV in front and a tag behind.
};

// The wire's word, "AES", "AES_V2" or "SM4", and back; the exact letters only.
std::string_view name_of(EncryptType type);
std::optional<EncryptType> encrypt_type_from(std::string_view name);

// The 16-byte key that the console shows as base64. Immutable, cheap to copy, usable from any
// number of threads at once; its memory is wiped with the last copy.
class ContentKey {
public:
    // Errors: invalid_argument with "content_key_missing", "content_key_malformed" (no base64;
    // white space around it is forgiven), "content_key_length".
    static Result<ContentKey> parse(std::string_view base64, EncryptType type);

    EncryptType type() const;

    // Base64 in one line.
    std::string encrypt(std::string_view text, Entropy& entropy) const;

    // The text. Verify the signature over the ciphertext first. Errors: invalid_argument with
    // "content_not_base64" or "content_undecryptable" (a wrong key, a wrong type, or damage: which
    // one is nobody's to know who could try again).
    Result<std::string> decrypt(std::string_view base64) const;

private:
    struct Parts;

    explicit ContentKey(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

    std::shared_ptr<const Parts> parts_;
};

}  // namespace tollgate::signing
