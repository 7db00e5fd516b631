#include "signing/self_signed.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "base/utf8.h"
#include "signing/base64.h"
#include "signing/certificate_making.h"
#include "signing/digest.h"
#include "signing/openssl.h"

namespace tollgate::signing {
namespace {

constexpr std::size_t kCommonNameCharactersMax = 64;  // X.509's own limit.
constexpr std::size_t kNamesMax = 100;
constexpr std::size_t kDnsNameBytesMax = 253;
constexpr int kDaysMax = 825;  // What clients accept at most of any certificate.

using BioHandle = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;

Error refuse(std::string message) {
    return {ErrorCode::invalid_argument, std::move(message)};
}

bool is_ip(const std::string& name) {
    std::array<unsigned char, 16> address{};
    return inet_pton(AF_INET, name.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, name.c_str(), address.data()) == 1;
}

// Strict, for the names go into OpenSSL's small language of extensions: no comma gets through.
bool is_dns_name(std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    };
    return !name.empty() && name.size() <= kDnsNameBytesMax && name.front() != '.' &&
           name.back() != '.' && name.find("..") == std::string_view::npos &&
           std::ranges::all_of(name, allowed);
}

Result<Done> check(const SelfSignedRequest& request) {
    const std::string& subject = request.common_name;
    if (subject.empty() || !is_utf8(subject) ||
        utf8_characters(subject) > kCommonNameCharactersMax) {
        return refuse("the common name must be text of 1 to 64 characters");
    }
    if (request.names.empty() || request.names.size() > kNamesMax) {
        return refuse("1 to 100 names are needed");
    }
    for (const std::string& name : request.names) {
        if (!is_ip(name) && !is_dns_name(name)) {
            return refuse("neither a DNS name nor an IP address: " + name);
        }
    }
    if (request.days < 1 || request.days > kDaysMax) return refuse("days must be 1 to 825");
    return Done{};
}

std::string alternative_names(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        if (!text.empty()) text += ',';
        text.append(is_ip(name) ? "IP:" : "DNS:").append(name);
    }
    return text;
}

void set_subject(X509& certificate, std::string_view common_name) {
    X509_NAME* const name = X509_get_subject_name(&certificate);
    TOLLGATE_CHECK(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                              bytes_of(common_name),
                                              static_cast<int>(common_name.size()), -1, 0) == 1);
    TOLLGATE_CHECK(X509_set_issuer_name(&certificate, name) == 1);
}

Secret to_pem(EVP_PKEY& key) {
    const BioHandle memory(BIO_new(BIO_s_secmem()));  // Wiped when it is freed.
    TOLLGATE_CHECK(memory != nullptr &&
                   PEM_write_bio_PKCS8PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr,
                                                 nullptr) == 1);
    char* text = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &text);
    return Secret(std::string(text, static_cast<std::size_t>(size)));
}

}  // namespace

Result<SelfSigned> make_self_signed(const SelfSignedRequest& request) {
    TOLLGATE_DO(check(request));
    const PkeyHandle key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const CertificateHandle certificate(X509_new());
    TOLLGATE_CHECK(key != nullptr && certificate != nullptr);
    TOLLGATE_CHECK(X509_set_version(certificate.get(), X509_VERSION_3) == 1);
    TOLLGATE_CHECK(X509_set_pubkey(certificate.get(), key.get()) == 1);
    set_serial(*certificate, public_key_der(*certificate));
    set_subject(*certificate, request.common_name);
    set_validity(*certificate, request.valid_from, request.days);
    add_extension(*certificate, *certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(*certificate, *certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(*certificate, *certificate, NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(*certificate, *certificate, NID_subject_key_identifier, "hash");
    add_extension(*certificate, *certificate, NID_subject_alt_name,
                  alternative_names(request.names));
    TOLLGATE_CHECK(X509_sign(certificate.get(), key.get(), sha256_algorithm()) > 0);
    return SelfSigned{
        .certificate_pem = certificate_pem(*certificate),
        .private_key_pem = to_pem(*key),
        .public_key_pin = "sha256//" + to_base64(sha256(public_key_der(*certificate))),
    };
}

}  // namespace tollgate::signing
