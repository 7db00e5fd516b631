#include "signing/certificate_making.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "signing/digest.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
constexpr std::int64_t kHourMs = std::int64_t{60} * 60 * 1000;

using PemHandle = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using SerialHandle = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using ExtensionHandle = std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>>;

}  // namespace

void add_extension(X509& certificate, X509& issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
    const ExtensionHandle extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    TOLLGATE_CHECK(extension != nullptr);
    TOLLGATE_CHECK(X509_add_ext(&certificate, extension.get(), -1) == 1);
}

std::string public_key_der(X509& certificate) {
    X509_PUBKEY* const key = X509_get_X509_PUBKEY(&certificate);
    const int size = i2d_X509_PUBKEY(key, nullptr);
    TOLLGATE_CHECK(size > 0);
    std::string der(static_cast<std::size_t>(size), '\0');
    unsigned char* at = bytes_of(der);
    TOLLGATE_CHECK(i2d_X509_PUBKEY(key, &at) == size);
    return der;
}

void set_serial(X509& certificate, std::string_view unique) {
    std::string bytes = sha256(unique).substr(0, 16);
    bytes.front() = static_cast<char>((static_cast<unsigned char>(bytes.front()) & 0x3FU) | 0x40U);
    const SerialHandle number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
    TOLLGATE_CHECK(number != nullptr);
    TOLLGATE_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) !=
                   nullptr);
}

void set_validity(X509& certificate, Timestamp from, int days) {
    const std::int64_t begins = (from.ms - kHourMs) / 1000;
    const std::int64_t ends = (from.ms + days * kDayMs) / 1000;
    TOLLGATE_CHECK(ASN1_TIME_set(X509_getm_notBefore(&certificate), begins) != nullptr);
    TOLLGATE_CHECK(ASN1_TIME_set(X509_getm_notAfter(&certificate), ends) != nullptr);
}

std::string certificate_pem(X509& certificate) {
    const PemHandle memory(BIO_new(BIO_s_mem()));
    TOLLGATE_CHECK(memory != nullptr && PEM_write_bio_X509(memory.get(), &certificate) == 1);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace tollgate::signing
