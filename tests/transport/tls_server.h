#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "transport/descriptor.h"

namespace tollgate::transport::testing {

// A fresh key, and a certificate for "localhost" and 127.0.0.1 that it vouches for itself.
struct KeyAndCertificate {
    std::string key;  // Both PEM.
    std::string certificate;
    std::string pin;  // "sha256//…" of the key.
};
KeyAndCertificate make_certificate();

// An https server on loopback that answers every connection's first request with 200 "ok".
class TlsServer {
public:
    TlsServer();
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }
    // The certificate as PEM, for whoever is to trust this server.
    const std::string& certificate() const { return own_.certificate; }
    // "sha256//…" of its key.
    const std::string& pin() const { return own_.pin; }

private:
    void serve();

    Descriptor listener_;
    int port_ = 0;
    KeyAndCertificate own_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace tollgate::transport::testing
