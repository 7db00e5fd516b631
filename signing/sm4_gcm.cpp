#include "signing/sm4_gcm.h"

#include <openssl/modes.h>

#include "base/check.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

using GcmHandle = std::unique_ptr<GCM128_CONTEXT, FreedBy<CRYPTO_gcm128_release>>;

constexpr int kSm4BlockBytes = 16;

// The mode calls back for each block with what it was given as its key: the cipher's context.
void encrypt_block(const unsigned char in[16], unsigned char out[16], const void* key) {
    const auto* context = static_cast<const CipherContext*>(key);
    int size = 0;
    TOLLGATE_CHECK(EVP_EncryptUpdate(context->get(), out, &size, in, kSm4BlockBytes) == 1);
    TOLLGATE_CHECK(size == kSm4BlockBytes);
}

// One message. The mode keeps the address of the cipher's context, so nothing here may move.
class Gcm {
public:
    Gcm(std::string_view key, std::string_view iv) : cipher_(EVP_CIPHER_CTX_new()) {
        TOLLGATE_CHECK(key.size() == kSm4Bytes && iv.size() == kSm4Bytes);
        TOLLGATE_CHECK(cipher_ != nullptr);
        TOLLGATE_CHECK(
            EVP_EncryptInit_ex2(cipher_.get(), sm4_ecb(), bytes_of(key), nullptr, nullptr) == 1);
        TOLLGATE_CHECK(EVP_CIPHER_CTX_set_padding(cipher_.get(), 0) == 1);
        mode_.reset(CRYPTO_gcm128_new(&cipher_, encrypt_block));
        TOLLGATE_CHECK(mode_ != nullptr);
        CRYPTO_gcm128_setiv(mode_.get(), bytes_of(iv), iv.size());
    }
    Gcm(const Gcm&) = delete;
    Gcm& operator=(const Gcm&) = delete;

    GCM128_CONTEXT* mode() { return mode_.get(); }

private:
    CipherContext cipher_;
    GcmHandle mode_;
};

}  // namespace

std::string sm4_gcm_encrypt(std::string_view key, std::string_view iv, std::string_view text) {
    Gcm gcm(key, iv);
    std::string sealed(text.size() + kSm4Bytes, '\0');
    TOLLGATE_CHECK(
        CRYPTO_gcm128_encrypt(gcm.mode(), bytes_of(text), bytes_of(sealed), text.size()) == 0);
    CRYPTO_gcm128_tag(gcm.mode(), bytes_of(sealed) + text.size(), kSm4Bytes);
    return sealed;
}

std::optional<std::string> sm4_gcm_decrypt(std::string_view key, std::string_view iv,
                                           std::string_view sealed) {
    if (sealed.size() < kSm4Bytes) return std::nullopt;
    const std::string_view body = sealed.substr(0, sealed.size() - kSm4Bytes);
    const std::string_view tag = sealed.substr(body.size());
    Gcm gcm(key, iv);
    std::string text(body.size(), '\0');
    TOLLGATE_CHECK(CRYPTO_gcm128_decrypt(gcm.mode(), bytes_of(body), bytes_of(text), body.size()) ==
                   0);
    // Compares in constant time; 0 is the only yes.
    if (CRYPTO_gcm128_finish(gcm.mode(), bytes_of(tag), tag.size()) != 0) return std::nullopt;
    return text;
}

}  // namespace tollgate::signing
