#include "signing/content_cipher.h"

#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include <openssl/err.h>

#include "base/check.h"
#include "base/secret.h"
#include "signing/base64.h"
#include "signing/openssl.h"
#include "signing/sm4_gcm.h"

namespace tollgate::signing {
namespace {

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kIvBytes = 16;
constexpr std::size_t kBlockBytes = 16;
constexpr std::array<char, kIvBytes> kZeroIv{};

Error bad_key(std::string_view reason, const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, what, here).because(reason);
}

Error undecryptable(Here here = Here::current()) {
    ERR_clear_error();
    return Error(ErrorCode::invalid_argument,
                 "the content cannot be decrypted with this key and encryption type", here)
        .because("content_undecryptable");
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t begin = text.find_first_not_of(kSpace);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::string random_iv(Entropy& entropy) {
    std::array<std::uint8_t, kIvBytes> bytes{};
    entropy.fill(bytes);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string cbc_encrypt(std::string_view key, std::string_view iv, std::string_view text) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    TOLLGATE_CHECK(context != nullptr);
    TOLLGATE_CHECK(EVP_EncryptInit_ex2(context.get(), aes_128_cbc(), bytes_of(key), bytes_of(iv),
                                       nullptr) == 1);
    std::string sealed(text.size() + kBlockBytes, '\0');
    int size = 0;
    int last = 0;
    TOLLGATE_CHECK(EVP_EncryptUpdate(context.get(), bytes_of(sealed), &size, bytes_of(text),
                                     static_cast<int>(text.size())) == 1);
    TOLLGATE_CHECK(EVP_EncryptFinal_ex(context.get(), bytes_of(sealed) + size, &last) == 1);
    sealed.resize(static_cast<std::size_t>(size + last));
    return sealed;
}

Result<std::string> cbc_decrypt(std::string_view key, std::string_view iv,
                                std::string_view sealed) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    TOLLGATE_CHECK(context != nullptr);
    TOLLGATE_CHECK(EVP_DecryptInit_ex2(context.get(), aes_128_cbc(), bytes_of(key), bytes_of(iv),
                                       nullptr) == 1);
    std::string text(sealed.size() + kBlockBytes, '\0');
    int size = 0;
    int last = 0;
    const bool whole = EVP_DecryptUpdate(context.get(), bytes_of(text), &size, bytes_of(sealed),
                                         static_cast<int>(sealed.size())) == 1 &&
                       EVP_DecryptFinal_ex(context.get(), bytes_of(text) + size, &last) == 1;
    if (!whole) return undecryptable();
    text.resize(static_cast<std::size_t>(size + last));
    return text;
}

}  // namespace

std::string_view name_of(EncryptType type) {
    switch (type) {
        case EncryptType::aes: return "AES";
        case EncryptType::aes_v2: return "AES_V2";
        case EncryptType::sm4: return "SM4";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<EncryptType> encrypt_type_from(std::string_view name) {
    for (const EncryptType type : {EncryptType::aes, EncryptType::aes_v2, EncryptType::sm4}) {
        if (name == name_of(type)) return type;
    }
    return std::nullopt;
}

struct ContentKey::Parts {
    Secret key;
    EncryptType type;
};

Result<ContentKey> ContentKey::parse(std::string_view base64, EncryptType type) {
    base64 = trimmed(base64);
    if (base64.empty()) return bad_key("content_key_missing", "there is no encryption key");
    auto decoded = from_base64(base64);
    if (!decoded) {
        return bad_key("content_key_malformed", "the encryption key is not base64 in one line");
    }
    Secret key(*std::move(decoded));
    if (key.reveal().size() != kKeyBytes) {
        return bad_key("content_key_length",
                       "an encryption key has 16 bytes, which are 24"
                       " characters of base64");
    }
    return ContentKey(std::make_shared<Parts>(Parts{.key = std::move(key), .type = type}));
}

EncryptType ContentKey::type() const {
    return parts_->type;
}

std::string ContentKey::encrypt(std::string_view text, Entropy& entropy) const {
    constexpr std::size_t kTextBytesMax = 16 * 1024 * 1024;  // OpenSSL counts in int.
    TOLLGATE_CHECK(text.size() <= kTextBytesMax);
    const std::string_view key = parts_->key.reveal();
    switch (parts_->type) {
        case EncryptType::aes:
            return to_base64(cbc_encrypt(key, {kZeroIv.data(), kZeroIv.size()}, text));
        case EncryptType::aes_v2: {
            const std::string iv = random_iv(entropy);
            return to_base64(iv + cbc_encrypt(key, iv, text));
        }
        case EncryptType::sm4: {
            const std::string iv = random_iv(entropy);
            return to_base64(iv + sm4_gcm_encrypt(key, iv, text));
        }
    }
    TOLLGATE_CHECK(false);
    return {};
}

Result<std::string> ContentKey::decrypt(std::string_view base64) const {
    constexpr std::size_t kBase64BytesMax = 32 * 1024 * 1024;
    if (base64.size() > kBase64BytesMax) return undecryptable();
    const auto sealed = from_base64(base64);
    if (!sealed) {
        return Error(ErrorCode::invalid_argument, "the encrypted content is not base64")
            .because("content_not_base64");
    }
    const std::string_view bytes = *sealed;
    const std::string_view key = parts_->key.reveal();
    if (parts_->type == EncryptType::aes) {
        return cbc_decrypt(key, {kZeroIv.data(), kZeroIv.size()}, bytes);
    }
    if (bytes.size() < kIvBytes) return undecryptable();
    const std::string_view iv = bytes.substr(0, kIvBytes);
    const std::string_view rest = bytes.substr(kIvBytes);
    if (parts_->type == EncryptType::aes_v2) return cbc_decrypt(key, iv, rest);
    auto text = sm4_gcm_decrypt(key, iv, rest);
    if (!text) return undecryptable();
    return *std::move(text);
}

}  // namespace tollgate::signing
