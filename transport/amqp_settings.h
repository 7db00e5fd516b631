#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace tollgate::transport {

// Where a broker (AMQP 0-9-1, such as RabbitMQ) is and how to talk to it.
struct AmqpSettings {
    std::string host = "127.0.0.1";  // A name or an address, without brackets; for TLS a name.
    int port = 5672;
    bool tls = false;     // The broker's certificate is always verified, its host name too.
    std::string ca_file;  // Empty: the system's trust store.
    std::string vhost = "/";
    std::string user = "guest";
    Secret password;
    // Where everything is published to; empty: the default exchange, whose routing keys are names
    // of queues. It must exist.
    std::string exchange;
    std::chrono::milliseconds connect_timeout{3'000};   // For the socket (and TLS).
    std::chrono::milliseconds io_timeout{5'000};        // For each answer while logging in.
    std::chrono::milliseconds confirm_timeout{15'000};  // From start() to its end.
    std::chrono::seconds heartbeat{10};  // Twice that in silence, and the broker counts as gone.
    std::size_t unconfirmed_max = 512;   // Further messages wait in line, in order.

    // Takes host, port, tls, vhost, user and password from "amqp://user:word@host:port/vhost" or
    // "amqps://…"; what it does not name keeps its default (5671 for amqps). Percent-encoding is
    // undone, so that the vhost "/" is "/%2f" or nothing. Errors: invalid_argument
    // "amqp_url_malformed"; no message repeats any of the text.
    static Result<AmqpSettings> parse_url(const Secret& url);
};

}  // namespace tollgate::transport
