#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <amqp.h>

#include "base/result.h"
#include "transport/amqp_publisher.h"
#include "transport/amqp_settings.h"

namespace tollgate::transport {

// invalid_argument when AMQP cannot carry the message as it stands.
Result<Done> check_message(const AmqpMessage& message);

// One thing that the broker says.
struct AmqpEvent {
    enum class Kind { acked, nacked, returned, blocked, unblocked };

    Kind kind = Kind::acked;
    std::uint64_t delivery_tag = 0;  // Of acked and nacked.
    bool multiple = false;           // It and all before it.
    std::string message_id = {};     // Of returned.
};

// A connection that is logged in, with its one channel in confirm mode. Belongs to one thread.
class AmqpConnection {
    struct ByOpen {};

public:
    // Connects, logs in and asks for the exchange; waits as AmqpSettings says.
    // Errors: unavailable, with the reasons of AmqpPublisher::Completion.
    static Result<std::unique_ptr<AmqpConnection>> open(const AmqpSettings& settings);

    explicit AmqpConnection(ByOpen /*only open() makes one*/) {}
    ~AmqpConnection();
    AmqpConnection(const AmqpConnection&) = delete;
    AmqpConnection& operator=(const AmqpConnection&) = delete;

    // Sends it, without waiting when can_take_more(); the delivery tag by which the broker will
    // confirm it. Errors: outcome_unknown, and the connection is over.
    Result<std::uint64_t> publish(const std::string& exchange, const AmqpMessage& message);

    // There is room for one message of any allowed size in the socket's buffer.
    bool can_take_more() const;

    // What has come from the broker, one at a time, or nothing yet; never waits. Sends heartbeats.
    // Errors: outcome_unknown, and the connection is over.
    Result<std::optional<AmqpEvent>> next();

    int socket() const;

private:
    struct End {
        void operator()(amqp_connection_state_t state) const { amqp_destroy_connection(state); }
    };
    using State = std::unique_ptr<amqp_connection_state_t_, End>;

    Result<Done> connect(const AmqpSettings& settings);
    Result<Done> log_in(const AmqpSettings& settings);
    Result<Done> open_channel(const AmqpSettings& settings);
    std::optional<AmqpEvent> read(const amqp_frame_t& frame);
    std::optional<AmqpEvent> read_method(const amqp_method_t& method);
    std::optional<AmqpEvent> end_of_returned();
    Error lost(const char* what);

    State state_;
    std::uint64_t last_tag_ = 0;
    bool is_over_ = true;  // Not worth a goodbye: not logged in yet, or broken.
    // A returned message comes in parts: method, properties, body.
    bool in_returned_ = false;
    std::uint64_t returned_left_ = 0;
    std::string returned_id_;
};

}  // namespace tollgate::transport
