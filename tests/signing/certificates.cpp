#include "tests/signing/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "signing/base64.h"
#include "signing/certificate.h"
#include "signing/openssl.h"
#include "signing/sm2.h"

namespace tollgate::signing {
namespace {

using BioHandle = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>>;

PkeyHandle key_from(const std::string& bare) {
    const std::string der = *from_base64(bare);
    const unsigned char* at = bytes_of(der);
    PkeyHandle key(d2i_AutoPrivateKey(nullptr, &at, der_size(der)));
    TOLLGATE_CHECK(key != nullptr);
    return key;
}

PkeyHandle key_for(const CertificateWish& wish) {
    if (wish.key != nullptr) return key_from(std::string(wish.key->to_pkcs8_bare().reveal()));
    switch (wish.kind) {
        case KeyKind::rsa: return PkeyHandle(EVP_RSA_gen(2048));
        case KeyKind::elliptic:
            return PkeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
        case KeyKind::sm2: return PkeyHandle(EVP_PKEY_Q_keygen(nullptr, nullptr, "SM2"));
    }
    TOLLGATE_CHECK(false);
    return nullptr;
}

std::string pkcs8_bare(const EVP_PKEY& key) {
    const Pkcs8Handle info(EVP_PKEY2PKCS8(&key));
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) == size);
    return to_base64(der);
}

void add(X509_NAME* name, int nid, const std::string& text) {
    TOLLGATE_CHECK(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, bytes_of(text),
                                              static_cast<int>(text.size()), -1, 0) == 1);
}

CertificateHandle certificate_from(const std::string& pem) {
    const BioHandle memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    CertificateHandle certificate(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    TOLLGATE_CHECK(certificate != nullptr);
    return certificate;
}

std::string to_pem(X509* certificate) {
    const BioHandle memory(BIO_new(BIO_s_mem()));
    TOLLGATE_CHECK(PEM_write_bio_X509(memory.get(), certificate) == 1);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

void sign(X509* certificate, EVP_PKEY* key) {
    if (!is_sm2(key)) {
        TOLLGATE_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
        return;
    }
    const std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    const std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>> key_context(
        EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    TOLLGATE_CHECK(EVP_PKEY_CTX_set1_id(key_context.get(), "1234567812345678", 16) == 1);
    EVP_MD_CTX_set_pkey_ctx(context.get(), key_context.get());
    TOLLGATE_CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sm3(), nullptr, key) == 1);
    TOLLGATE_CHECK(X509_sign_ctx(certificate, context.get()) > 0);
}

}  // namespace

IssuedCertificate issue(const CertificateWish& wish, const IssuedCertificate* issuer) {
    const PkeyHandle key = key_for(wish);
    const PkeyHandle issuer_key = issuer == nullptr ? nullptr : key_from(issuer->private_key);
    const CertificateHandle certificate(X509_new());
    X509* const made = certificate.get();
    TOLLGATE_CHECK(X509_set_version(made, X509_VERSION_3) == 1);
    TOLLGATE_CHECK(ASN1_INTEGER_set_int64(X509_get_serialNumber(made), wish.serial) == 1);
    ASN1_TIME_set(X509_getm_notBefore(made), wish.valid_from.ms / 1000);
    ASN1_TIME_set(X509_getm_notAfter(made), wish.valid_until.ms / 1000);
    TOLLGATE_CHECK(X509_set_pubkey(made, key.get()) == 1);
    X509_NAME* const name = X509_get_subject_name(made);
    add(name, NID_countryName, "CN");
    add(name, NID_organizationName, wish.organization);
    add(name, NID_organizationalUnitName, "Alipay");
    add(name, NID_commonName, wish.common_name);
    if (issuer == nullptr) {
        X509_set_issuer_name(made, name);
    } else {
        X509_set_issuer_name(made, X509_get_subject_name(certificate_from(issuer->pem).get()));
    }
    if (wish.is_authority) {
        const ExtensionHandle extension(
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "CA:TRUE"));
        TOLLGATE_CHECK(X509_add_ext(made, extension.get(), -1) == 1);
    }
    sign(made, issuer_key ? issuer_key.get() : key.get());
    return {.pem = to_pem(made), .private_key = pkcs8_bare(*key)};
}

CertificateWorld make_certificate_world(const CertificateWorldWish& wish) {
    CertificateWorld world;
    world.root = issue({.common_name = "Test Certification Authority R1", .is_authority = true});
    world.authority = issue({.common_name = "Test Certification Authority Class 2 R1",
                             .serial = 2,
                             .is_authority = true},
                            &world.root);
    const IssuedCertificate elliptic = issue({.common_name = "Test Certification Authority E1",
                                              .serial = 3,
                                              .is_authority = true,
                                              .kind = KeyKind::elliptic});
    world.root_file = elliptic.pem + world.root.pem;
    world.app =
        issue({.common_name = wish.seller_id + "-" + wish.app_id, .serial = 4, .key = wish.app_key},
              &world.authority);
    const PrivateKey* alipay_key = wish.alipay_key;
    world.alipay = issue({.common_name = "支付宝(中国)网络技术有限公司-" + wish.seller_id,
                          .serial = 5,
                          .key = alipay_key},
                         &world.authority);
    world.alipay_file = world.alipay.pem + world.authority.pem;
    return world;
}

IssuedCertificate renewed_alipay(const CertificateWorld& world, const PrivateKey& key,
                                 std::int64_t serial, const std::string& seller_id) {
    return issue(
        {.common_name = "支付宝(中国)网络技术有限公司-" + seller_id, .serial = serial, .key = &key},
        &world.authority);
}

}  // namespace tollgate::signing
