#include "scripted_server.h"

#include <poll.h>
#include <sys/socket.h>

#include "transport/listening.h"

namespace tollgate::transport::testing {

ScriptedServer::ScriptedServer(std::function<void(Peer&, int)> serve)
    : listener_(*listen_on("127.0.0.1", 0)), port_(port_of(listener_.get())) {
    thread_ = std::thread([this, serve = std::move(serve)] {
        std::vector<std::thread> serving;
        while (!over_.load()) {
            pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, 20) != 1) continue;
            Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!socket) continue;
            const int number = connections_.fetch_add(1);
            serving.emplace_back([&serve, number, peer = Peer(std::move(socket))]() mutable {
                serve(peer, number);
                peer.leave();
            });
        }
        for (std::thread& thread : serving) thread.join();
    });
}

ScriptedServer::~ScriptedServer() {
    over_.store(true);
    thread_.join();
}

int unused_port() {
    const Descriptor socket = *listen_on("127.0.0.1", 0);
    return port_of(socket.get());
}

}  // namespace tollgate::transport::testing
