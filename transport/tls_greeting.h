#pragma once

#include "base/clock.h"
#include "transport/connection.h"
#include "transport/tls_context.h"

namespace tollgate::transport {

struct Greeting {
    enum class Outcome {
        secured,     // The handshake is done; the client's certificate, if any, is in its place.
        blocked,     // Call again when the socket is ready.
        plain_http,  // The peer speaks HTTP without TLS; nothing was read.
        left,        // The peer went before it said anything.
        failed,      // No TLS, or none that we accept: see TlsStream::failure().
    };
    Outcome outcome = Outcome::blocked;
    Readiness needs = Readiness::input;  // When blocked.
};

// Moves a new connection's handshake along. TLS's own memory (some 20 KB while it lasts) is taken
// only when the first byte is there and can begin a handshake, so a silent peer costs nothing.
Greeting greet(Connection& connection, const TlsContext& tls, Timestamp now);

}  // namespace tollgate::transport
