#include "tests/signing/keys.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "signing/base64.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

PrivateKey made(int bits) {
    auto key = PrivateKey::generate(bits);
    TOLLGATE_CHECK(key.has_value());
    return *std::move(key);
}

template <typename T>
std::string der_base64(int (*write)(const T*, unsigned char**), const T* object) {
    const int size = write(object, nullptr);
    TOLLGATE_CHECK(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(write(object, &at) == size);
    return to_base64(der);
}

std::string pkcs8(const PkeyHandle& key) {
    TOLLGATE_CHECK(key != nullptr);
    const Pkcs8Handle info(EVP_PKEY2PKCS8(key.get()));
    return der_base64(i2d_PKCS8_PRIV_KEY_INFO, info.get());
}

}  // namespace

const PrivateKey& alipay_key() {
    static const PrivateKey key = made(2048);
    return key;
}

const PrivateKey& app_key() {
    static const PrivateKey key = made(2048);
    return key;
}

const PrivateKey& other_key() {
    static const PrivateKey key = made(2048);
    return key;
}

const PrivateKey& longer_key() {
    static const PrivateKey key = made(3072);
    return key;
}

std::string short_rsa_private_key() {
    return pkcs8(PkeyHandle(EVP_RSA_gen(1024)));
}

std::string elliptic_private_key() {
    return pkcs8(PkeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")));
}

std::string elliptic_public_key() {
    const PkeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    return der_base64<EVP_PKEY>(i2d_PUBKEY, key.get());
}

std::string certificate_pem(const PrivateKey& key) {
    const std::string der = *from_base64(key.to_pkcs8_bare().reveal());
    const unsigned char* at = bytes_of(der);
    const PkeyHandle pkey(d2i_AutoPrivateKey(nullptr, &at, der_size(der)));
    const CertificateHandle certificate(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    TOLLGATE_CHECK(X509_set_pubkey(certificate.get(), pkey.get()) == 1);
    TOLLGATE_CHECK(X509_sign(certificate.get(), pkey.get(), EVP_sha256()) > 0);
    return armoured("CERTIFICATE", der_base64<X509>(i2d_X509, certificate.get()));
}

std::string pkcs1_public_key(const PublicKey& key) {
    const std::string der = *from_base64(key.to_bare());
    const unsigned char* at = bytes_of(der);
    const PkeyHandle pkey(d2i_PUBKEY(nullptr, &at, der_size(der)));
    return der_base64<EVP_PKEY>(i2d_PublicKey, pkey.get());
}

std::string armoured(const std::string& label, const std::string& base64, std::size_t line) {
    std::string pem = "-----BEGIN " + label + "-----\n";
    for (std::size_t i = 0; i < base64.size(); i += line) pem += base64.substr(i, line) + "\n";
    return pem + "-----END " + label + "-----\n";
}

}  // namespace tollgate::signing
