#pragma once

#include <memory>

#include <openssl/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "transport/tls_settings.h"
#include "transport/tls_stream.h"

namespace tollgate::transport {

// A listener's certificate, key and rules, as they stood in the files when it was made. Immutable
// and shared by threads; connections that it has accepted may outlive it.
class TlsContext {
public:
    // Reads the files. Errors: invalid_argument, naming the file and what is wrong with it; reasons
    // "tls_file_unreadable", "tls_not_pem", "tls_certificate_unusable", "tls_certificate_expired",
    // "tls_certificate_not_yet_valid", "tls_key_encrypted", "tls_key_mismatch",
    // "tls_settings_incomplete".
    static Result<std::shared_ptr<const TlsContext>> load(const TlsSettings& settings,
                                                          Timestamp now);
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    // Takes over what load() has set up.
    TlsContext(SSL_CTX* owned, Timestamp expires) : context_(owned), expires_(expires) {}
    ~TlsContext();

    // The server's side of a new connection; see TlsStream.
    std::unique_ptr<TlsStream> accept(int socket, Timestamp now) const;

    // When the first of the chain's certificates ends.
    Timestamp expires() const { return expires_; }

private:
    SSL_CTX* const context_;
    const Timestamp expires_;
};

}  // namespace tollgate::transport
