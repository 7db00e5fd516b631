#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "signing/key_text.h"
#include "signing/public_key.h"
#include "signing/sign_type.h"

namespace tollgate::signing {

inline constexpr std::size_t kCertificatesMax = 32;  // alipayRootCert.crt holds four.

// An X.509 certificate as Alipay hands it out. Parsing judges nothing: see check_chain. Immutable,
// cheap to copy (copies share it), usable from any number of threads at once.
class Certificate {
public:
    // Every certificate of a PEM text, in its order, or the one of bare base64; what else stands in
    // a PEM text is skipped. Errors: invalid_argument with "certificate_missing",
    // "certificate_is_key" (a key given by mistake), "certificate_truncated",
    // "certificate_unreadable", "certificate_too_many".
    static Result<std::vector<Certificate>> parse_all(std::string_view text);

    // The same, of DER bytes.
    static Result<Certificate> from_der(std::string_view der);

    // Alipay's serial name: lower-case hex MD5 of the issuer's text and the decimal serial number
    // (protocol notes 5.1). Names a certificate; proves nothing.
    const std::string& sn() const;

    // RFC 2253 in the order and with the escapes that Alipay's own SDK writes, UTF-8.
    const std::string& subject() const;
    const std::string& issuer() const;
    // The subject's CN; empty when there is none. An app's is "<2088…>-<app_id>", Alipay's ends
    // with "-<2088…>".
    const std::string& common_name() const;

    Timestamp valid_from() const;
    Timestamp valid_until() const;  // The last second that counts.

    // How its issuer signed it, as an OID such as "1.2.840.113549.1.1.11".
    const std::string& signature_oid() const;

    // Errors: those of PublicKey::parse.
    Result<PublicKey> public_key(SignType type = SignType::rsa2, KeyLimits limits = {}) const;

    // Whether its key may sign certificates (basicConstraints).
    bool is_authority() const;
    // Whether the two are the same certificate, bit for bit.
    bool same_as(const Certificate& other) const;
    // Whether its issuer's name is `issuer`'s subject, and whether that one's key signed it.
    bool names_as_issuer(const Certificate& issuer) const;
    bool is_signed_by(const Certificate& issuer) const;

    std::string to_pem() const;

private:
    struct Parts;

    explicit Certificate(std::shared_ptr<const Parts> parts) : parts_(std::move(parts)) {}

    std::shared_ptr<const Parts> parts_;
};

// The SNs of those certificates that a root file counts for `type`: signed by RSA, or by SM2 for
// SM2 (protocol notes 5.2), joined by '_' in the file's order. Empty when none counts.
std::string root_cert_sn(std::span<const Certificate> roots, SignType type = SignType::rsa2);

// What a certificate is checked against. The spans must outlive the call.
struct ChainCheck {
    // Came along with it from afar, in any order. They must say themselves that they are
    // authorities, for every merchant holds a certificate of the same CA.
    std::span<const Certificate> others = {};
    // The operator has them, so they may issue: the CA of Alipay's sandbox does not say it of
    // itself. Trusted no further than their own way to a root goes.
    std::span<const Certificate> issuers = {};
    std::span<const Certificate> roots = {};  // Trusted, because the operator configured them.
};

// Done if `leaf` is one of the roots, or a line of certificates, each signed by the next, leads
// from it to one of them. Dates are not looked at.
// Errors: unauthenticated with "certificate_issuer_unknown" (the line ends before a root; sandbox
// certificates have a root file of their own), "certificate_bad_signature",
// "certificate_not_authority", "certificate_chain_too_long".
Result<Done> check_signatures(const Certificate& leaf, const ChainCheck& check);

// check_signatures, with every certificate of that line valid at `now` (protocol notes 5.5).
// Errors: besides, "certificate_expired" and "certificate_not_yet_valid".
Result<Done> check_chain(const Certificate& leaf, const ChainCheck& check, Timestamp now);

}  // namespace tollgate::signing
