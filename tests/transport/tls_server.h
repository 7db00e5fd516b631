#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "transport/descriptor.h"

namespace tollgate::transport::testing {

// An https server on loopback with a fresh key and a certificate of its own for "localhost" and
// 127.0.0.1, that answers every connection's first request with 200 "ok".
class TlsServer {
public:
    TlsServer();
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
    // The certificate as PEM, for whoever is to trust this server.
    const std::string& certificate() const { return certificate_; }
    // "sha256//…" of its key.
    const std::string& pin() const { return pin_; }

private:
    void serve();

    Descriptor listener_;
    int port_ = 0;
    std::string key_;
    std::string certificate_;
    std::string pin_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace tollgate::transport::testing
