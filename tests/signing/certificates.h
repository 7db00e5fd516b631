#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "signing/key.h"

// Certificates for the tests, issued here: nothing in the repository ever expires.
namespace tollgate::signing {

enum class KeyKind { rsa, elliptic, sm2 };

struct CertificateWish {
    std::string common_name;
    std::string organization = "Test";
    std::int64_t serial = 1;
    bool is_authority = false;
    Timestamp valid_from{1'700'000'000'000};   // November 2023.
    Timestamp valid_until{2'300'000'000'000};  // November 2042.
    KeyKind kind = KeyKind::rsa;
    const PrivateKey* key = nullptr;  // Its own key; made when it is null.
};

struct IssuedCertificate {
    std::string pem;
    std::string private_key;  // Bare base64, PKCS#8.
};

// `issuer` null: it signs itself.
IssuedCertificate issue(const CertificateWish& wish, const IssuedCertificate* issuer = nullptr);

// What an app in certificate mode has: a root file, a CA below it, the app's certificate and
// Alipay's, named as Alipay names them.
struct CertificateWorld {
    IssuedCertificate root;
    IssuedCertificate authority;
    std::string root_file;  // A root of elliptic curves, then `root`, as Alipay's file mixes them.
    IssuedCertificate app;
    IssuedCertificate alipay;
    std::string alipay_file;  // Alipay's certificate and the authority's.
};
struct CertificateWorldWish {
    const PrivateKey* app_key = nullptr;
    const PrivateKey* alipay_key = nullptr;
    std::string app_id = "2021000000000001";
    std::string seller_id = "2088000000000001";
};
CertificateWorld make_certificate_world(const CertificateWorldWish& wish);

// Another certificate of Alipay's, of the same subject and the same CA.
IssuedCertificate renewed_alipay(const CertificateWorld& world, const PrivateKey& key,
                                 std::int64_t serial, const std::string& seller_id);

}  // namespace tollgate::signing
