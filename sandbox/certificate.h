#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tollgate::sandbox {

// A certificate as the pretend Alipay reads it: straight from protocol notes 5, sharing nothing
// with the code that it judges.
struct Certificate {
    std::string sn;  // Lower-case hex MD5 of the issuer's text and the decimal serial number.
    bool is_signed_by_rsa = false;
    Timestamp valid_from;
    Timestamp valid_until;
    std::string public_key;  // SPKI, bare base64: whatever kind of key it is.
};

// Every certificate of a PEM text, in its order. Errors: invalid_argument when there is none, or
// one cannot be read.
Result<std::vector<Certificate>> read_certificates(std::string_view pem);

// What requests name the root file by: the SNs of those that RSA has signed, joined by '_'. Empty
// when there is none.
std::string root_cert_sn(const std::vector<Certificate>& roots);

}  // namespace tollgate::sandbox
