#pragma once

#include <thread>

#include "transport/descriptor.h"

namespace tollgate::bench {

// An HTTP server that costs next to nothing: one thread, one epoll, "200 ok" to every request with
// a Content-Length, over kept connections. Knows just enough HTTP for a client under measurement.
class Responder {
public:
    Responder();
    ~Responder();
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;

    int port() const { return port_; }

private:
    void run();

    transport::Descriptor listener_;
    transport::Descriptor epoll_;
    transport::Descriptor stop_;
    int port_ = 0;
    std::thread thread_;
};

}  // namespace tollgate::bench
