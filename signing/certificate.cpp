#include "signing/certificate.h"

#include <algorithm>
#include <optional>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "signing/digest.h"
#include "signing/distinguished_name.h"
#include "signing/openssl.h"
#include "signing/sm2.h"

namespace tollgate::signing {
namespace {

using NumberHandle = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using TimeHandle = std::unique_ptr<ASN1_TIME, FreedBy<ASN1_TIME_free>>;

constexpr std::string_view kLabel = "CERTIFICATE";
constexpr std::string_view kBeginCertificate = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEndCertificate = "-----END CERTIFICATE-----";
constexpr std::size_t kBundleBytesMax = 512 * 1024;

Error bad_certificate(std::string_view reason, std::string message, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, std::move(message), here).because(reason);
}

// The reader of keys speaks of keys.
Error in_other_words(const Error& error) {
    if (error.reason() == "key_missing") {
        return bad_certificate("certificate_missing", "there is no certificate");
    }
    if (error.reason() == "key_truncated") {
        return bad_certificate("certificate_truncated", "the certificate is cut off");
    }
    return bad_certificate("certificate_unreadable", "this is not a certificate we can read");
}

bool is_key(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    const PkeyHandle public_key(d2i_PUBKEY(nullptr, &at, der_size(der)));
    at = bytes_of(der);
    const PkeyHandle private_key(d2i_AutoPrivateKey(nullptr, &at, der_size(der)));
    ERR_clear_error();
    return public_key != nullptr || private_key != nullptr;
}

Result<Certificate> parse_one(std::string_view text) {
    const auto block = read_key_text(text);
    if (!block) return in_other_words(block.error());
    const std::string_view der = block->der.reveal();
    if (is_key(der)) {
        return bad_certificate("certificate_is_key",
                               "this is a key; a certificate (.crt) is needed here");
    }
    return Certificate::from_der(der);
}

std::optional<Timestamp> instant(const ASN1_TIME* time) {
    static const TimeHandle epoch(ASN1_TIME_set(nullptr, 0));
    TOLLGATE_CHECK(epoch != nullptr);
    int days = 0;
    int seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) return std::nullopt;
    constexpr std::int64_t kDaySeconds = 86'400;
    return Timestamp{(days * kDaySeconds + seconds) * 1000};
}

std::string decimal(const ASN1_INTEGER* number) {
    const NumberHandle big(ASN1_INTEGER_to_BN(number, nullptr));
    TOLLGATE_CHECK(big != nullptr);
    char* const digits = BN_bn2dec(big.get());
    TOLLGATE_CHECK(digits != nullptr);
    std::string text = digits;
    OPENSSL_free(digits);
    return text;
}

std::string signature_oid_of(const X509& certificate) {
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(nullptr, &algorithm, &certificate);
    const ASN1_OBJECT* object = nullptr;
    X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
    std::string text(128, '\0');
    const int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
    text.resize(static_cast<std::size_t>(std::clamp(size, 0, 127)));
    return text;
}

}  // namespace

struct Certificate::Parts {
    CertificateHandle x509;
    std::string der;
    std::string sn;
    std::string subject;
    std::string issuer;
    std::string common_name;
    std::string signature_oid;
    Timestamp valid_from;
    Timestamp valid_until;
};

Result<std::vector<Certificate>> Certificate::parse_all(std::string_view text) {
    if (text.size() > kBundleBytesMax) {
        return bad_certificate("certificate_unreadable", "too long for a file of certificates");
    }
    std::vector<Certificate> certificates;
    if (text.find(kBeginCertificate) == std::string_view::npos) {
        TOLLGATE_TRY(auto only, parse_one(text));
        certificates.push_back(std::move(only));
        return certificates;
    }
    for (std::size_t begin = 0;
         (begin = text.find(kBeginCertificate, begin)) != std::string_view::npos;) {
        const std::size_t end = text.find(kEndCertificate, begin);
        if (end == std::string_view::npos) {
            return bad_certificate("certificate_truncated", "a certificate's END line is missing");
        }
        if (certificates.size() == kCertificatesMax) {
            return bad_certificate("certificate_too_many", "too many certificates in one file");
        }
        TOLLGATE_TRY(auto next,
                     parse_one(text.substr(begin, end + kEndCertificate.size() - begin)));
        certificates.push_back(std::move(next));
        begin = end + kEndCertificate.size();
    }
    return certificates;
}

Result<Certificate> Certificate::from_der(std::string_view der) {
    const unsigned char* at = bytes_of(der);
    CertificateHandle x509(d2i_X509(nullptr, &at, der_size(der)));
    ERR_clear_error();
    if (x509 == nullptr || at != bytes_of(der) + der.size()) {
        return bad_certificate("certificate_unreadable", "this is not a certificate we can read");
    }
    const auto from = instant(X509_get0_notBefore(x509.get()));
    const auto until = instant(X509_get0_notAfter(x509.get()));
    if (!from || !until) {
        ERR_clear_error();
        return bad_certificate("certificate_unreadable", "the certificate's dates are broken");
    }
    auto parts = std::make_shared<Parts>();
    parts->der = der;
    parts->subject = distinguished_name(*X509_get_subject_name(x509.get()));
    parts->issuer = distinguished_name(*X509_get_issuer_name(x509.get()));
    parts->common_name = common_name_of(*X509_get_subject_name(x509.get()));
    parts->sn = md5_hex(parts->issuer + decimal(X509_get0_serialNumber(x509.get())));
    parts->signature_oid = signature_oid_of(*x509);
    parts->valid_from = *from;
    parts->valid_until = *until;
    sm2_prepare(*x509);
    // Fills OpenSSL's cache of the extensions now, while no other thread has the certificate.
    X509_check_purpose(x509.get(), -1, 0);
    ERR_clear_error();
    parts->x509 = std::move(x509);
    return Certificate(std::move(parts));
}

const std::string& Certificate::sn() const {
    return parts_->sn;
}
const std::string& Certificate::subject() const {
    return parts_->subject;
}
const std::string& Certificate::issuer() const {
    return parts_->issuer;
}
const std::string& Certificate::common_name() const {
    return parts_->common_name;
}
const std::string& Certificate::signature_oid() const {
    return parts_->signature_oid;
}
Timestamp Certificate::valid_from() const {
    return parts_->valid_from;
}
Timestamp Certificate::valid_until() const {
    return parts_->valid_until;
}

Result<PublicKey> Certificate::public_key(SignType type, KeyLimits limits) const {
    return PublicKey::parse_for(type, to_pem(), limits);
}

bool Certificate::is_authority() const {
    // 1 is a CA by basicConstraints, 3 a self-signed one of version 1, from before there were any.
    const int kind = X509_check_ca(parts_->x509.get());
    return kind == 1 || kind == 3;
}

bool Certificate::same_as(const Certificate& other) const {
    return parts_->der == other.parts_->der;
}

bool Certificate::names_as_issuer(const Certificate& issuer) const {
    return X509_NAME_cmp(X509_get_issuer_name(parts_->x509.get()),
                         X509_get_subject_name(issuer.parts_->x509.get())) == 0;
}

bool Certificate::is_signed_by(const Certificate& issuer) const {
    EVP_PKEY* const key = X509_get0_pubkey(issuer.parts_->x509.get());
    const bool is_signed = key != nullptr && X509_verify(parts_->x509.get(), key) == 1;
    ERR_clear_error();
    return is_signed;
}

std::string Certificate::to_pem() const {
    return std::string(pem_armour(kLabel, parts_->der).reveal());
}

std::string root_cert_sn(std::span<const Certificate> roots, SignType type) {
    const std::string_view family =
        type == SignType::sm2 ? "1.2.156.10197.1.501" : "1.2.840.113549.1.1";
    std::string sn;
    for (const Certificate& root : roots) {
        if (!root.signature_oid().starts_with(family)) continue;
        if (!sn.empty()) sn += '_';
        sn += root.sn();
    }
    return sn;
}

}  // namespace tollgate::signing
