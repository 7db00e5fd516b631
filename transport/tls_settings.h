#pragma once

#include <string>

namespace tollgate::transport {

// Whether a client must show a certificate. One that is shown and does not verify ends the
// handshake in either mode.
enum class ClientCertificates { none, optional, required };

// TLS for a listener: 1.2 and 1.3, forward-secret AEAD ciphers, ALPN http/1.1, resumption by
// ticket, no renegotiation, no early data. All files are PEM.
struct TlsSettings {
    std::string certificate_chain_file;  // The server's certificate first, then intermediate ones.
    std::string private_key_file;        // Without a passphrase.
    ClientCertificates client_certificates = ClientCertificates::none;
    // Every certificate in it is trusted to sign clients' certificates, or to be one. Needed unless
    // client_certificates is none.
    std::string client_ca_file = {};
};

}  // namespace tollgate::transport
