#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <openssl/types.h>

#include "transport/http_message.h"
#include "transport/io_outcome.h"

namespace tollgate::transport {

// The server's side of one TLS connection over a non-blocking socket. One owner at a time, as for
// the Connection it belongs to; any thread may be the owner. Never touched again once it is broken,
// but for failure().
class TlsStream {
public:
    // `context` is set up already; the socket stays the caller's and outlives this. Clients'
    // certificates are judged by the time `now_s` (Unix seconds).
    TlsStream(SSL_CTX& context, int socket, std::int64_t now_s);
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;
    ~TlsStream();

    // Until done: call again when the socket is ready as it says. Never `finished`.
    IoOutcome handshake();

    // Fills as much of `into` as has come. Only OpenSSL knows what it still holds: see holds_input.
    IoOutcome read(std::span<char> into);
    // After `blocked` the same bytes must come again, perhaps from another address. bytes.size() >
    // 0.
    IoOutcome write(std::string_view bytes);

    // Bytes that were taken from the socket wait inside: no event will tell of them, so read()
    // before waiting. Part of a record counts, too: read() then moves nothing.
    bool holds_input() const;

    // Tells the peer that nothing more comes, where that needs no waiting. Write no more after it.
    void say_goodbye();

    // The verified certificate that the client showed in the handshake or the one it resumes.
    std::optional<ClientCertificate> client_certificate() const;

    // Why it is broken, for the log.
    const std::string& failure() const { return failure_; }

private:
    struct FreeSsl {
        void operator()(SSL* ssl) const;
    };

    IoOutcome explain(int result, std::size_t moved);

    const int socket_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    bool broken_ = false;
    std::string failure_;
};

}  // namespace tollgate::transport
