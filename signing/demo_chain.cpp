#include "signing/demo_chain.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "signing/base64.h"
#include "signing/certificate_making.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr int kChainDays = 5 * 365;
constexpr int kAlipayCertificates = 3;
constexpr int kKeyBits = 2048;
constexpr std::string_view kDemoName = "Tollgate Demo Certification Authority ";
constexpr std::string_view kAlipayName = "支付宝(中国)网络技术有限公司";

bool is_digits(std::string_view text, std::size_t size_min, std::size_t size_max) {
    return text.size() >= size_min && text.size() <= size_max &&
           text.find_first_not_of("0123456789") == std::string_view::npos;
}

PkeyHandle handle_of(const PrivateKey& key) {
    const Secret bare = key.to_pkcs8_bare();
    auto read = from_base64(bare.reveal());
    TOLLGATE_CHECK(read.has_value());
    const Secret der(*std::move(read));
    const unsigned char* at = bytes_of(der.reveal());
    PkeyHandle handle(d2i_AutoPrivateKey(nullptr, &at, der_size(der.reveal())));
    TOLLGATE_CHECK(handle != nullptr);
    return handle;
}

struct Wish {
    std::string organization;
    std::string common_name;
    bool is_authority = false;
    Timestamp valid_from;
};

void add_name(X509_NAME& name, int kind, std::string_view text) {
    TOLLGATE_CHECK(X509_NAME_add_entry_by_NID(&name, kind, MBSTRING_UTF8, bytes_of(text),
                                              static_cast<int>(text.size()), -1, 0) == 1);
}

// Null issuer: it signs itself. `nth` tells certificates of one key apart.
CertificateHandle issue_demo(const Wish& wish, EVP_PKEY& key, X509* issuer, EVP_PKEY& issuer_key,
                             int nth = 0) {
    CertificateHandle made(X509_new());
    TOLLGATE_CHECK(made != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1);
    TOLLGATE_CHECK(X509_set_pubkey(made.get(), &key) == 1);
    set_serial(*made, public_key_der(*made) + wish.common_name + std::to_string(nth));
    X509_NAME* const name = X509_get_subject_name(made.get());
    add_name(*name, NID_countryName, "CN");
    add_name(*name, NID_organizationName, wish.organization);
    add_name(*name, NID_organizationalUnitName,
             wish.is_authority ? "Certification Authority" : "Alipay");
    add_name(*name, NID_commonName, wish.common_name);
    X509* const signer = issuer == nullptr ? made.get() : issuer;
    TOLLGATE_CHECK(X509_set_issuer_name(made.get(), X509_get_subject_name(signer)) == 1);
    set_validity(*made, wish.valid_from, kChainDays);
    add_extension(*made, *signer, NID_basic_constraints,
                  wish.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(*made, *signer, NID_key_usage,
                  wish.is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    TOLLGATE_CHECK(X509_sign(made.get(), &issuer_key, sha256_algorithm()) > 0);
    return made;
}

Wish authority(std::string_view which, Timestamp valid_from) {
    return {.organization = "Tollgate Demo",
            .common_name = std::string(kDemoName) + std::string(which),
            .is_authority = true,
            .valid_from = valid_from};
}

// Like the one of elliptic curves in Alipay's own file.
std::string other_root(Timestamp valid_from) {
    const PkeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    TOLLGATE_CHECK(key != nullptr);
    return certificate_pem(*issue_demo(authority("E1", valid_from), *key, nullptr, *key));
}

}  // namespace

Result<DemoChain> make_demo_chain(const DemoChainRequest& request) {
    if (!is_digits(request.app_id, 1, 32)) {
        return Error(ErrorCode::invalid_argument, "the app_id must be up to 32 digits");
    }
    if (!is_digits(request.seller_id, 16, 16) || !request.seller_id.starts_with("2088")) {
        return Error(ErrorCode::invalid_argument, "the seller_id must be 2088 and 12 more digits");
    }
    TOLLGATE_TRY(const PrivateKey root_key, PrivateKey::generate(kKeyBits));
    TOLLGATE_TRY(const PrivateKey ca_key, PrivateKey::generate(kKeyBits));
    TOLLGATE_TRY(PrivateKey app_key, PrivateKey::generate(kKeyBits));
    TOLLGATE_TRY(PrivateKey alipay_key, PrivateKey::generate(kKeyBits));
    const Timestamp from = request.valid_from;
    const PkeyHandle root_handle = handle_of(root_key);
    const PkeyHandle ca_handle = handle_of(ca_key);
    const auto root = issue_demo(authority("R1", from), *root_handle, nullptr, *root_handle);
    const auto ca = issue_demo(authority("Class 2 R1", from), *ca_handle, root.get(), *root_handle);
    const std::string seller(request.seller_id);
    const Wish app{.organization = "Tollgate Demo Shop",
                   .common_name = seller + "-" + std::string(request.app_id),
                   .valid_from = from};
    const Wish alipay{.organization = std::string(kAlipayName),
                      .common_name = std::string(kAlipayName) + "-" + seller,
                      .valid_from = from};
    const std::string ca_pem = certificate_pem(*ca);
    DemoChain chain{
        .app_key = app_key,
        .app_certificate =
            certificate_pem(*issue_demo(app, *handle_of(app_key), ca.get(), *ca_handle)) + ca_pem,
        .alipay_key = alipay_key,
        .alipay_certificates = {},
        .roots = other_root(from) + certificate_pem(*root)};
    const PkeyHandle alipay_handle = handle_of(alipay_key);
    for (int i = 0; i < kAlipayCertificates; ++i) {
        const auto made = issue_demo(alipay, *alipay_handle, ca.get(), *ca_handle, i);
        chain.alipay_certificates.push_back(certificate_pem(*made) + ca_pem);
    }
    return chain;
}

}  // namespace tollgate::signing
