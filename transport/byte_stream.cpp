#include "transport/byte_stream.h"

#include <cerrno>

#include <sys/socket.h>

namespace tollgate::transport {

IoOutcome ByteStream::receive(std::span<char> into) const {
    while (true) {
        const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
        if (got > 0) return {.io = Io::done, .bytes = static_cast<std::size_t>(got)};
        if (got == 0) return {.io = Io::finished};
        if (errno == EAGAIN) return {.io = Io::blocked};
        if (errno != EINTR) return {.io = Io::broken};
    }
}

IoOutcome ByteStream::send(std::string_view bytes) const {
    while (true) {
        const ssize_t went =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (went >= 0) return {.io = Io::done, .bytes = static_cast<std::size_t>(went)};
        if (errno == EAGAIN) return {.io = Io::blocked, .needs = Readiness::output};
        if (errno != EINTR) return {.io = Io::broken};
    }
}

void ByteStream::finish_sending() {
    say_goodbye();
    ::shutdown(socket_.get(), SHUT_WR);
}

void ByteStream::reset_on_close() {
    const struct linger at_once { .l_onoff = 1, .l_linger = 0 };
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace tollgate::transport
