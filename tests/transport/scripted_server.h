#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "peer.h"
#include "transport/descriptor.h"

namespace tollgate::transport::testing {

// What such a server says when nothing else matters.
inline constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// A server that does exactly what a test says, byte by byte: it calls `serve` with the number (from
// 0) of each connection, on a thread of its own, and ends the connection when `serve` returns.
// Goes when every `serve` has returned: let the client go first.
class ScriptedServer {
public:
    explicit ScriptedServer(std::function<void(Peer& peer, int connection)> serve);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::string url(const std::string& path = "/") const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    int connections() const { return connections_.load(); }

private:
    Descriptor listener_;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::atomic<bool> over_{false};
    std::thread thread_;
};

// A loopback port on which nobody listens.
int unused_port();

}  // namespace tollgate::transport::testing
