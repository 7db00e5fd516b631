#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/x509.h>

// OpenSSL as this room's sources use it: owned handles, and algorithms that were looked up once.
// Only .cpp files of signing/ include this; the room's other headers show no OpenSSL.
namespace tollgate::signing {

template <auto Free>
struct FreedBy {
    template <typename T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

using PkeyHandle = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;
using CertificateHandle = std::unique_ptr<X509, FreedBy<X509_free>>;
using Pkcs8Handle = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreedBy<PKCS8_PRIV_KEY_INFO_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreedBy<EVP_CIPHER_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>>;

// Fetched at the first use and kept: OpenSSL's implicit fetch takes a lock and a search at each
// call, which costs more than hashing a notification.
const EVP_MD* sha256_algorithm();
const EVP_MD* sha1_algorithm();
const EVP_MD* md5_algorithm();
const EVP_CIPHER* aes_128_cbc();
const EVP_CIPHER* sm4_ecb();

// HMAC-SHA256 with its key set, ready to be duplicated for each message. Never null.
MacContext keyed_hmac_sha256(std::string_view key);
// The 32 bytes' worth of one message; `keyed` stays as it is, so threads may share it.
std::string hmac_with(const EVP_MAC_CTX& keyed, std::string_view bytes);

// OpenSSL counts DER bytes in a signed type as wide as this one.
inline std::ptrdiff_t der_size(std::string_view der) {
    return static_cast<std::ptrdiff_t>(der.size());
}

inline const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

}  // namespace tollgate::signing
