#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "transport/amqp_settings.h"
#include "transport/http_message.h"

namespace tollgate::transport {

// One message. The broker keeps it on disk (delivery mode 2) and must find a queue for it
// (mandatory).
struct AmqpMessage {
    std::string routing_key;
    std::string message_id;              // Stays the same when the message is repeated.
    std::string type;                    // E.g. the event's.
    std::int64_t timestamp_seconds = 0;  // Unix seconds.
    std::string content_type = "application/json";
    HeaderList headers = {};
    std::string body = {};
};

// A broker takes a message of this size without making the sender wait once it takes any.
inline constexpr std::size_t kAmqpBodyBytesMax = std::size_t{64} * 1024;

// Publishes to a broker over one connection and one channel in confirm mode, many messages under
// way at once. One thread drives it by calling run_once() in a loop; start() and wake() may be
// called from anywhere.
//
// It connects when there is something to send, again with the next message when the connection has
// died, and at most once a second: in between messages end with unavailable at once. Connecting
// happens inside run_once() and takes up to connect_timeout and a few times io_timeout (looking a
// name up is the system resolver's affair); nothing else there waits longer than `timeout`.
class AmqpPublisher {
public:
    // How a message ended:
    //   Done                             confirmed: it is in a queue, on disk.
    //   unavailable                      it is in no queue; send it again at will. Reasons:
    //       "nacked"                     the broker could not take it,
    //       "could_not_resolve", "could_not_connect", "tls_failed", "access_refused",
    //       "no_such_exchange", "broker_failed"   there is no connection,
    //       "broker_blocked"             the broker takes nothing at the moment (disk or memory),
    //       "cancelled"                  by cancel_all().
    //   failed_precondition "unroutable" the broker has no queue for that routing key.
    //   outcome_unknown                  it was sent, and whether it is in a queue is not known:
    //       "connection_lost", "confirm_timeout", "cancelled". Send it again with the same
    //       message_id; the consumer may see it twice.
    //   invalid_argument                 an empty message_id, or something too long for AMQP.
    using Completion = std::function<void(Result<Done>)>;

    // `clock` outlives it.
    AmqpPublisher(AmqpSettings settings, Clock& clock);
    // Messages still waiting or unconfirmed end with an error, as with cancel_all().
    ~AmqpPublisher();
    AmqpPublisher(const AmqpPublisher&) = delete;
    AmqpPublisher& operator=(const AmqpPublisher&) = delete;

    // Puts one message in line and returns at once. `done` is called exactly once, later, on the
    // driving thread; it may start further messages. Safe from any thread.
    void start(AmqpMessage message, Completion done);

    // Moves everything that can move, calls the completions of what has ended, and waits for the
    // broker, a start() or a wake() for at most `timeout`. Call it at least once a heartbeat while
    // there is a connection: that keeps it alive.
    void run_once(std::chrono::milliseconds timeout);

    // Makes a waiting run_once() return. Safe from any thread.
    void wake();

    // Ends everything: what was not sent with unavailable, what was with outcome_unknown. Messages
    // that completions start meanwhile stay. Call from the driving thread.
    void cancel_all();

    // Started and not completed yet, those in line included. Safe from any thread.
    std::size_t in_flight() const;

private:
    class Channel;
    std::unique_ptr<Channel> channel_;
};

}  // namespace tollgate::transport
