#pragma once

#include <string>

#include "signing/openssl.h"

// Only certificate sources include this.
namespace tollgate::signing {

// RFC 2253 as java.security's X500Principal writes it, for SNs are hashes over that very text
// (protocol notes 5.1): last RDN first, short names for nine types and OID=#hex for all others.
std::string distinguished_name(const X509_NAME& name);

// The first CN; empty when there is none.
std::string common_name_of(const X509_NAME& name);

}  // namespace tollgate::signing
