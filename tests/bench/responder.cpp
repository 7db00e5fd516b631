#include "tests/bench/responder.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <unordered_map>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "base/check.h"
#include "transport/listening.h"

namespace tollgate::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

struct Connection {
    transport::Descriptor socket;
    std::string received;
};

// How many bytes the first request in `text` has, or 0 while it is not whole.
std::size_t whole_request(std::string_view text) {
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const std::size_t end = text.find("\r\n\r\n");
    const std::size_t length = text.find(kLength);
    if (end == std::string_view::npos || length == std::string_view::npos) return 0;
    std::size_t body = 0;
    std::from_chars(text.data() + length + kLength.size(), text.data() + end, body);
    const std::size_t whole = end + 4 + body;
    return text.size() < whole ? 0 : whole;
}

// False when the connection is over.
bool serve(Connection& connection) {
    std::array<char, 16384> buffer{};
    const ssize_t got = ::recv(connection.socket.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    connection.received.append(buffer.data(), static_cast<std::size_t>(got));
    while (const std::size_t size = whole_request(connection.received)) {
        connection.received.erase(0, size);
        ::send(connection.socket.get(), kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    }
    return true;
}

void watch(int epoll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    TOLLGATE_CHECK(::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0);
}

}  // namespace

Responder::Responder()
    : listener_(*transport::listen_on("127.0.0.1", 0)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      port_(transport::port_of(listener_.get())) {
    watch(epoll_.get(), listener_.get());
    watch(epoll_.get(), stop_.get());
    thread_ = std::thread([this] { run(); });
}

Responder::~Responder() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
}

void Responder::run() {
    std::unordered_map<int, Connection> connections;
    while (true) {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const int descriptor = events[static_cast<std::size_t>(i)].data.fd;
            if (descriptor == stop_.get()) return;
            if (descriptor != listener_.get()) {
                if (!serve(connections.at(descriptor))) connections.erase(descriptor);
                continue;
            }
            const int made =
                ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (made < 0) continue;
            const int on = 1;
            ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            watch(epoll_.get(), made);
            connections.emplace(made, Connection{transport::Descriptor(made), {}});
        }
    }
}

}  // namespace tollgate::bench
