#pragma once

#include <string>

#include <sys/socket.h>

#include "base/result.h"
#include "transport/descriptor.h"

namespace tollgate::transport {

// A non-blocking TCP socket that listens on an IPv4 or IPv6 literal ("127.0.0.1", "::1").
// Errors: invalid_argument for anything but a literal and a port; unavailable, naming the address,
// when it is taken or not ours.
Result<Descriptor> listen_on(const std::string& address, int port);

// The port that a listening socket really has.
int port_of(int socket);

// The peer's address as text ("203.0.113.7", "2001:db8::1"), without its port.
std::string address_text(const sockaddr_storage& peer);

// The kernel cuts it to net.core.somaxconn. Long, because a burst of connections that does not fit
// waits a second for TCP to try again.
inline constexpr int kAcceptBacklog = 4096;

}  // namespace tollgate::transport
