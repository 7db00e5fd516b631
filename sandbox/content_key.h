#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace tollgate::sandbox {

// Content encryption straight from protocol notes 6: what was encrypted by other code is opened
// here, so nothing is shared with that code.
enum class EncryptType {
    aes,     // AES-128/CBC, IV of zeros.
    aes_v2,  // AES-128/CBC, the IV in front of the ciphertext.
};

// The wire's word: "AES", "AES_V2".
std::string_view name_of(EncryptType type);
std::optional<EncryptType> encrypt_type_named(std::string_view name);

// An application's key. Immutable and cheap to copy; safe to use from several threads.
class ContentKey {
public:
    static constexpr std::size_t kBytes = 16;  // Of the key, and of an IV.

    // Base64 as the console shows it. Errors: invalid_argument.
    static Result<ContentKey> parse(std::string_view base64);

    // Base64 in one line. `iv` is kBytes long; aes does not look at it.
    std::string encrypt(std::string_view text, EncryptType type, std::string_view iv) const;

    // Errors: invalid_argument, not saying what is wrong.
    Result<std::string> decrypt(std::string_view base64, EncryptType type) const;

private:
    explicit ContentKey(std::shared_ptr<const Secret> bytes) : bytes_(std::move(bytes)) {}

    std::shared_ptr<const Secret> bytes_;
};

// How one answer is encrypted.
struct Encryption {
    ContentKey key;
    EncryptType type = EncryptType::aes;
    std::string iv;

    std::string seal(std::string_view text) const { return key.encrypt(text, type, iv); }
};

}  // namespace tollgate::sandbox
