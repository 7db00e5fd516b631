#pragma once

#include <string>

#include "base/clock.h"
#include "base/tracer.h"
#include "callbacks/carrier.h"
#include "transport/amqp_publisher.h"

namespace tollgate::callbacks {

// Publishes events to one exchange of a message broker. The event's id is the message's, so that a
// consumer can drop one that it has seen; its type is the message's type, and stands in the routing
// key for "{type}". Delivered means: the broker has confirmed that it is in a queue, on disk.
class QueueCarrier final : public Carrier {
public:
    // All must outlive it. Safe from any thread. With a tracer, messages carry the trace on that
    // they belong to, in their headers.
    QueueCarrier(transport::AmqpPublisher& publisher, std::string routing_key, Clock& clock,
                 Tracer* tracer = nullptr)
        : publisher_(publisher),
          routing_key_(std::move(routing_key)),
          clock_(clock),
          tracer_(tracer) {}

    void send(std::shared_ptr<const Target> target, const ledger::DueDelivery& delivery,
              Ended ended) override;

private:
    transport::AmqpPublisher& publisher_;
    const std::string routing_key_;
    Clock& clock_;
    Tracer* const tracer_;
};

// What the end of a message means: confirmed is delivered; no queue for the routing key, and every
// trouble of the broker, is a failure of the endpoint, tried again.
Judgement judge_confirmation(const Result<Done>& confirmed);

}  // namespace tollgate::callbacks
