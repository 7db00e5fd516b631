#include "peer.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/clock.h"

namespace tollgate::transport::testing {
namespace {

template <typename Address>
int connect_socket(int family, const Address& address) {
    const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&storage), sizeof address) != 0) {
        throw std::runtime_error("cannot connect: errno " + std::to_string(errno));
    }
    return socket;
}

}  // namespace

bool ready(int socket, short events) {
    pollfd waiting{.fd = socket, .events = events, .revents = 0};
    const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kPatience);
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

bool becomes_true(const std::function<bool()>& condition) {
    const auto give_up_at = system_clock().monotonic() + kPatience;
    while (!condition()) {
        if (system_clock().monotonic() > give_up_at) return false;
        ::poll(nullptr, 0, 2);  // Lets the others work between two looks.
    }
    return true;
}

Peer Peer::connect_to(int port, const std::string& address) {
    const auto wire_port = htons(static_cast<std::uint16_t>(port));
    if (address.find(':') != std::string::npos) {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = wire_port;
        inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
        return Peer(Descriptor(connect_socket(AF_INET6, v6)));
    }
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = wire_port;
    inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
    return Peer(Descriptor(connect_socket(AF_INET, v4)));
}

bool Peer::connect(int port) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_storage storage{};
    std::memcpy(&storage, &v4, sizeof v4);
    return ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&storage), sizeof v4) == 0;
}

bool Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (!ready(socket_.get(), POLLOUT)) return false;
        const ssize_t went =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (went < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (went > 0) bytes.remove_prefix(static_cast<std::size_t>(went));
    }
    return true;
}

std::string Peer::receive() {
    if (!ready(socket_.get(), POLLIN)) throw std::runtime_error("the other side says nothing");
    std::array<char, 65536> bytes{};
    const ssize_t got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return got <= 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(got));
}

bool Peer::read_more() {
    const std::string more = receive();
    buffer_ += more;
    return !more.empty();
}

bool Peer::read_until(std::string_view text) {
    while (buffer_.find(text) == std::string::npos) {
        if (!read_more()) return false;
    }
    return true;
}

std::string Peer::line() {
    if (!read_until("\r\n")) return {};
    const std::size_t end = buffer_.find("\r\n");
    std::string text = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return text;
}

std::optional<Answer> Peer::answer(bool to_head) {
    if (!read_until("\r\n\r\n")) return std::nullopt;
    Answer answer;
    answer.status = std::stoi(line().substr(9, 3));
    while (true) {
        const std::string field = line();
        if (field.empty()) break;
        const std::size_t colon = field.find(": ");
        answer.headers.emplace_back(field.substr(0, colon), field.substr(colon + 2));
    }
    const std::string length = answer.header("Content-Length");
    const std::size_t size = to_head || length.empty() ? 0 : std::stoul(length);
    while (buffer_.size() < size) {
        if (!read_more()) return std::nullopt;
    }
    answer.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

std::optional<Answer> Peer::ask(std::string_view request) {
    if (!send(request)) return std::nullopt;
    return answer();
}

std::string Peer::rest() {
    while (read_more()) {
    }
    return std::move(buffer_);
}

void Peer::skip_some(std::size_t bytes) {
    std::string dropped(bytes, '\0');
    static_cast<void>(::recv(socket_.get(), dropped.data(), dropped.size(), MSG_DONTWAIT));
}

bool Peer::ended_in_order() {
    std::array<char, 1024> bytes{};
    ssize_t got = 1;
    while (got > 0 && ready(socket_.get(), POLLIN)) {
        got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    }
    return got == 0;
}

bool Peer::is_ended() {
    return rest().empty();
}

void Peer::finish_sending() {
    ::shutdown(socket_.get(), SHUT_WR);
}

void Peer::leave_rudely() {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_.reset();
}

}  // namespace tollgate::transport::testing
