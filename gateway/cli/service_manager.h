#pragma once

namespace tollgate::gateway::cli {

// Says "READY=1" or "STOPPING=1" to the service manager that has started us and waits for it
// (systemd's Type=notify, by its protocol: a datagram to the socket that NOTIFY_SOCKET names).
// Without one, or when it does not listen, nothing happens: whether we run does not depend on it.
void tell_service_manager(const char* state);

}  // namespace tollgate::gateway::cli
