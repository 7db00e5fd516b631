#include "transport/tls_greeting.h"

#include <cerrno>
#include <optional>

#include <sys/socket.h>

namespace tollgate::transport {
namespace {

using Outcome = Greeting::Outcome;

// A handshake record begins with 22; a method, with a capital letter. The rest is OpenSSL's to
// judge, as it answers with an alert.
std::optional<Greeting> judge_first_byte(int socket) {
    char first = 0;
    const ssize_t got = ::recv(socket, &first, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got == 0) return Greeting{.outcome = Outcome::left};
    if (got < 0) {
        const bool later = errno == EAGAIN || errno == EINTR;
        return Greeting{.outcome = later ? Outcome::blocked : Outcome::left};
    }
    if (first >= 'A' && first <= 'Z') return Greeting{.outcome = Outcome::plain_http};
    return std::nullopt;
}

}  // namespace

Greeting greet(Connection& connection, const TlsContext& tls, Timestamp now) {
    ByteStream& stream = connection.stream;
    if (stream.tls() == nullptr) {
        if (const auto judged = judge_first_byte(stream.socket())) return *judged;
        stream.secure(tls.accept(stream.socket(), now));
    }
    const IoOutcome step = stream.tls()->handshake();
    switch (step.io) {
        case Io::done: break;
        case Io::blocked: return {.outcome = Outcome::blocked, .needs = step.needs};
        case Io::finished: return {.outcome = Outcome::failed};
        case Io::broken: return {.outcome = Outcome::failed};
    }
    connection.client_certificate = stream.tls()->client_certificate();
    return {.outcome = Outcome::secured};
}

}  // namespace tollgate::transport
