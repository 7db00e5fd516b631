#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace tollgate::signing {

struct SelfSignedRequest {
    std::string common_name = {};  // The subject, "CN=…": 1 to 64 characters.
    // subjectAltName: DNS names (also "*.example.test") and IPv4 or IPv6 literals; 1 to 100.
    std::vector<std::string> names = {};
    Timestamp valid_from;
    int days = 30;  // 1 to 825.
};

struct SelfSigned {
    std::string certificate_pem;
    Secret private_key_pem;      // PKCS#8.
    std::string public_key_pin;  // "sha256//…": curl's --pinnedpubkey.
};

// A new EC P-256 key and a certificate that it signs itself, for local trials: whoever is to trust
// it is given the certificate as a CA file, or the pin. It names a server or a client, whichever
// shows it, and can issue no others. Valid from an hour before valid_from (clocks differ).
// Errors: invalid_argument, naming what is wrong with the request.
Result<SelfSigned> make_self_signed(const SelfSignedRequest& request);

}  // namespace tollgate::signing
