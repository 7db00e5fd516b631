#pragma once

#include <string>
#include <string_view>

#include <openssl/x509.h>

#include "base/clock.h"

// How certificates for trials are made; for the files of this room that make some.
namespace tollgate::signing {

// `kind` is a NID, `value` in OpenSSL's small language. `issuer` may be the certificate itself.
void add_extension(X509& certificate, X509& issuer, int kind, const std::string& value);

// SPKI.
std::string public_key_der(X509& certificate);

// As good as random, unique for each text, and no dice are needed: from the text's hash.
void set_serial(X509& certificate, std::string_view unique);

// From an hour before `from`, as clocks differ, for so many days after it.
void set_validity(X509& certificate, Timestamp from, int days);

std::string certificate_pem(X509& certificate);

}  // namespace tollgate::signing
