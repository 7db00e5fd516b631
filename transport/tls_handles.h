#pragma once

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

// OpenSSL as this room's tls_* sources use it: owned handles. Only their .cpp files include this;
// the room's other headers show no OpenSSL.
namespace tollgate::transport {

template <auto Free>
struct FreedBy {
    template <typename T>
    void operator()(T* handle) const {
        Free(handle);
    }
};

using ContextHandle = std::unique_ptr<SSL_CTX, FreedBy<SSL_CTX_free>>;
using PkeyHandle = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using CertificateHandle = std::unique_ptr<X509, FreedBy<X509_free>>;
using BioHandle = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using BioMethodHandle = std::unique_ptr<BIO_METHOD, FreedBy<BIO_meth_free>>;

}  // namespace tollgate::transport
