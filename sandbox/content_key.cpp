#include "sandbox/content_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/check.h"
#include "sandbox/base64.h"

namespace tollgate::sandbox {
namespace {

struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* as_bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

enum class Direction { open = 0, close = 1 };

// AES-128/CBC with PKCS#7 padding, either way. Nothing when the padding does not fit.
std::optional<std::string> crypt(Direction direction, std::string_view key, std::string_view iv,
                                 std::string_view input) {
    const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
    TOLLGATE_CHECK(context != nullptr);
    std::string output(input.size() + ContentKey::kBytes, '\0');
    auto* const at = reinterpret_cast<unsigned char*>(output.data());
    int size = 0;
    int last = 0;
    const bool done = EVP_CipherInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, as_bytes(key),
                                        as_bytes(iv), static_cast<int>(direction)) == 1 &&
                      EVP_CipherUpdate(context.get(), at, &size, as_bytes(input),
                                       static_cast<int>(input.size())) == 1 &&
                      EVP_CipherFinal_ex(context.get(), at + size, &last) == 1;
    ERR_clear_error();
    if (!done) return std::nullopt;
    output.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
    return output;
}

const std::string& zeros() {
    static const std::string iv(ContentKey::kBytes, '\0');
    return iv;
}

}  // namespace

std::string_view name_of(EncryptType type) {
    switch (type) {
        case EncryptType::aes: return "AES";
        case EncryptType::aes_v2: return "AES_V2";
    }
    TOLLGATE_CHECK(false);
}

std::optional<EncryptType> encrypt_type_named(std::string_view name) {
    if (name == "AES") return EncryptType::aes;
    if (name == "AES_V2") return EncryptType::aes_v2;
    return std::nullopt;
}

Result<ContentKey> ContentKey::parse(std::string_view base64) {
    const auto first = base64.find_first_not_of(" \t\r\n");
    const auto last = base64.find_last_not_of(" \t\r\n");
    if (first != std::string_view::npos) base64 = base64.substr(first, last - first + 1);
    TOLLGATE_TRY(std::string bytes, from_base64(base64));
    if (bytes.size() != kBytes) {
        return Error(ErrorCode::invalid_argument, "must be 16 bytes, written as base64");
    }
    return ContentKey(std::make_shared<const Secret>(std::move(bytes)));
}

std::string ContentKey::encrypt(std::string_view text, EncryptType type,
                                std::string_view iv) const {
    const bool own_iv = type == EncryptType::aes_v2;
    const auto made =
        crypt(Direction::close, bytes_->reveal(), own_iv ? iv : std::string_view(zeros()), text);
    TOLLGATE_CHECK(made.has_value());
    return to_base64(own_iv ? std::string(iv) + *made : *made);
}

Result<std::string> ContentKey::decrypt(std::string_view base64, EncryptType type) const {
    const Error refused(ErrorCode::invalid_argument, "cannot be decrypted");
    const auto bytes = from_base64(base64);
    if (!bytes) return refused;
    std::string_view sealed = *bytes;
    std::string_view iv = zeros();
    if (type == EncryptType::aes_v2) {
        if (sealed.size() < kBytes) return refused;
        iv = sealed.substr(0, kBytes);
        sealed.remove_prefix(kBytes);
    }
    auto text = crypt(Direction::open, bytes_->reveal(), iv, sealed);
    if (!text) return refused;
    return *std::move(text);
}

}  // namespace tollgate::sandbox
