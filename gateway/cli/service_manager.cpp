#include "gateway/cli/service_manager.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tollgate::gateway::cli {

void tell_service_manager(const char* state) {
    const char* name =
        std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nobody sets it.
    sockaddr_un address{};
    if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
    const std::size_t size = std::strlen(name);
    if (size >= sizeof address.sun_path) return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name, size);
    if (name[0] == '@') address.sun_path[0] = '\0';  // An abstract one.
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    static_cast<void>(::sendto(socket, state, std::strlen(state), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address),
                               static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size)));
    ::close(socket);
}

}  // namespace tollgate::gateway::cli
