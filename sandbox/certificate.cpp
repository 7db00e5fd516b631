#include "sandbox/certificate.h"

#include <array>
#include <ctime>
#include <memory>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "sandbox/base64.h"

namespace tollgate::sandbox {
namespace {

// What the OID of every RSA signature begins with (protocol notes 5.2).
constexpr std::string_view kRsaSignatures = "1.2.840.113549.1.1";

struct FreeX509 {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeMemory {
    void operator()(BIO* memory) const { BIO_free(memory); }
};
struct FreeNumber {
    void operator()(BIGNUM* number) const { BN_free(number); }
};
struct FreeText {
    void operator()(char* text) const { OPENSSL_free(text); }
};
using Memory = std::unique_ptr<BIO, FreeMemory>;

std::string written_text(BIO* memory) {
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
}

// RFC 2253 as Java writes it: non-ASCII letters stay what they are.
std::string issuer_text(const X509& certificate) {
    const Memory memory(BIO_new(BIO_s_mem()));
    TOLLGATE_CHECK(memory != nullptr);
    constexpr unsigned long kFlags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;  // NOLINT: OpenSSL's.
    X509_NAME_print_ex(memory.get(), X509_get_issuer_name(&certificate), 0, kFlags);
    return written_text(memory.get());
}

std::string serial_text(const X509& certificate) {
    const std::unique_ptr<BIGNUM, FreeNumber> number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
    TOLLGATE_CHECK(number != nullptr);
    const std::unique_ptr<char, FreeText> digits(BN_bn2dec(number.get()));
    return digits.get();
}

std::string md5_hex(const std::string& text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    TOLLGATE_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) ==
                   1);
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += kHex[digest.at(i) >> 4U];
        hex += kHex[digest.at(i) & 0xFU];
    }
    return hex;
}

bool is_signed_by_rsa(const X509& certificate) {
    std::array<char, 80> oid{};
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, X509_get0_tbs_sigalg(&certificate));
    OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), object, 1);
    return std::string_view(oid.data()).starts_with(kRsaSignatures);
}

Timestamp timestamp_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
    return {::timegm(&parts) * std::int64_t{1000}};
}

std::string public_key_of(const X509& certificate) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &bytes);
    TOLLGATE_CHECK(size > 0);
    std::string base64 =
        to_base64({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    OPENSSL_free(bytes);
    return base64;
}

Certificate certificate_of(const X509& certificate) {
    return {.sn = md5_hex(issuer_text(certificate) + serial_text(certificate)),
            .is_signed_by_rsa = is_signed_by_rsa(certificate),
            .valid_from = timestamp_of(X509_get0_notBefore(&certificate)),
            .valid_until = timestamp_of(X509_get0_notAfter(&certificate)),
            .public_key = public_key_of(certificate)};
}

}  // namespace

Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    TOLLGATE_CHECK(memory != nullptr);
    std::vector<Certificate> certificates;
    bool whole = true;
    while (true) {
        const std::unique_ptr<X509, FreeX509> next(
            PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
        if (next == nullptr) {
            whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            break;
        }
        certificates.push_back(certificate_of(*next));
    }
    ERR_clear_error();
    if (!whole || certificates.empty()) {
        return Error(ErrorCode::invalid_argument,
                     whole ? "holds no certificate" : "holds a certificate that is damaged");
    }
    return certificates;
}

std::string root_cert_sn(const std::vector<Certificate>& roots) {
    std::string names;
    for (const Certificate& root : roots) {
        if (!root.is_signed_by_rsa) continue;
        if (!names.empty()) names += '_';
        names += root.sn;
    }
    return names;
}

}  // namespace tollgate::sandbox
