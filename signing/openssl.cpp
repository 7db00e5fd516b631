#include "signing/openssl.h"

#include <array>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/check.h"

namespace tollgate::signing {
namespace {

using MdHandle = std::unique_ptr<EVP_MD, FreedBy<EVP_MD_free>>;
using CipherHandle = std::unique_ptr<EVP_CIPHER, FreedBy<EVP_CIPHER_free>>;
using MacHandle = std::unique_ptr<EVP_MAC, FreedBy<EVP_MAC_free>>;

constexpr std::size_t kHmacBytes = 32;

}  // namespace

const EVP_MD* sha256_algorithm() {
    static const MdHandle algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    TOLLGATE_CHECK(algorithm != nullptr);
    return algorithm.get();
}

const EVP_MD* sha1_algorithm() {
    static const MdHandle algorithm(EVP_MD_fetch(nullptr, "SHA1", nullptr));
    TOLLGATE_CHECK(algorithm != nullptr);
    return algorithm.get();
}

const EVP_MD* md5_algorithm() {
    static const MdHandle algorithm(EVP_MD_fetch(nullptr, "MD5", nullptr));
    TOLLGATE_CHECK(algorithm != nullptr);
    return algorithm.get();
}

const EVP_CIPHER* aes_128_cbc() {
    static const CipherHandle algorithm(EVP_CIPHER_fetch(nullptr, "AES-128-CBC", nullptr));
    TOLLGATE_CHECK(algorithm != nullptr);
    return algorithm.get();
}

const EVP_CIPHER* sm4_ecb() {
    static const CipherHandle algorithm(EVP_CIPHER_fetch(nullptr, "SM4-ECB", nullptr));
    TOLLGATE_CHECK(algorithm != nullptr);
    return algorithm.get();
}

MacContext keyed_hmac_sha256(std::string_view key) {
    static const MacHandle algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    TOLLGATE_CHECK(algorithm != nullptr);
    MacContext context(EVP_MAC_CTX_new(algorithm.get()));
    TOLLGATE_CHECK(context != nullptr);
    std::string digest = "SHA256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), digest.size()),
        OSSL_PARAM_construct_end()};
    // A null key would mean "keep the old one"; an empty key is a key of no bytes.
    const unsigned char none = 0;
    const unsigned char* bytes = key.empty() ? &none : bytes_of(key);
    TOLLGATE_CHECK(EVP_MAC_init(context.get(), bytes, key.size(), parameters.data()) == 1);
    return context;
}

std::string hmac_with(const EVP_MAC_CTX& keyed, std::string_view bytes) {
    const MacContext context(EVP_MAC_CTX_dup(&keyed));
    TOLLGATE_CHECK(context != nullptr);
    TOLLGATE_CHECK(EVP_MAC_update(context.get(), bytes_of(bytes), bytes.size()) == 1);
    std::string mac(kHmacBytes, '\0');
    std::size_t size = 0;
    TOLLGATE_CHECK(EVP_MAC_final(context.get(), bytes_of(mac), &size, mac.size()) == 1);
    TOLLGATE_CHECK(size == kHmacBytes);
    return mac;
}

}  // namespace tollgate::signing
