#include "transport/listening.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace tollgate::transport {
namespace {

struct Endpoint {
    sockaddr_storage address{};
    socklen_t size = 0;
};

// memcpy in and out of sockaddr_storage: the one way that breaks no aliasing rule.
std::optional<Endpoint> endpoint_of(const std::string& address, int port) {
    Endpoint endpoint;
    const auto wire_port = htons(static_cast<std::uint16_t>(port));
    sockaddr_in v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = wire_port;
        std::memcpy(&endpoint.address, &v4, sizeof v4);
        endpoint.size = sizeof v4;
        return endpoint;
    }
    sockaddr_in6 v6{};
    if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = wire_port;
        std::memcpy(&endpoint.address, &v6, sizeof v6);
        endpoint.size = sizeof v6;
        return endpoint;
    }
    return std::nullopt;
}

const sockaddr* as_sockaddr(const sockaddr_storage& storage) {
    return reinterpret_cast<const sockaddr*>(&storage);  // What the socket calls are made for.
}

Error cannot_listen(const std::string& address, int port) {
    const std::string why = std::generic_category().message(errno);
    return {ErrorCode::unavailable,
            "cannot listen on " + address + " port " + std::to_string(port) + ": " + why};
}

}  // namespace

Result<Descriptor> listen_on(const std::string& address, int port) {
    if (port < 0 || port > 65535) {
        return Error(ErrorCode::invalid_argument, "not a port: " + std::to_string(port));
    }
    const auto endpoint = endpoint_of(address, port);
    if (!endpoint) {
        return Error(ErrorCode::invalid_argument, "not an IPv4 or IPv6 address: " + address);
    }
    Descriptor socket(
        ::socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return cannot_listen(address, port);
    const int yes = 1;
    // A restart must not wait for old connections' TIME_WAIT.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    // "::" means IPv6 alone: who wants both names both.
    if (endpoint->address.ss_family == AF_INET6) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
    }
    if (::bind(socket.get(), as_sockaddr(endpoint->address), endpoint->size) != 0) {
        return cannot_listen(address, port);
    }
    if (::listen(socket.get(), kAcceptBacklog) != 0) return cannot_listen(address, port);
    return socket;
}

int port_of(int socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return ntohs(v4.sin_port);
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return ntohs(v6.sin6_port);
}

std::string address_text(const sockaddr_storage& peer) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (peer.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &peer, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &peer, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return text.data();
}

}  // namespace tollgate::transport
