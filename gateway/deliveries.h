#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/tracer.h"
#include "callbacks/deliverer.h"
#include "callbacks/http_carrier.h"
#include "callbacks/queue_carrier.h"
#include "config/settings.h"
#include "ledger/writer.h"
#include "transport/amqp_publisher.h"
#include "transport/curl_client.h"

namespace tollgate::gateway {

// All must outlive the deliveries. `published` is called from the writer's thread when events have
// got their numbers.
struct DeliveriesSeams {
    ledger::Writer& writer;
    Clock& clock;
    Random& random;
    Entropy& entropy;
    Log& log;
    std::function<void()> published;
    Tracer* tracer = nullptr;  // Null: there are no traces.
};

// Everything that takes events out of the house: the deliverer, the loop of its HTTP requests, and
// a publisher with a loop of its own for each queue. Owns no thread.
class Deliveries {
public:
    // What is wrong with the settings' secrets, queues or networks goes into `problems`.
    static void check(const config::Settings& settings, std::vector<config::Problem>& problems);

    // Requires settings without problems. Errors: invalid_argument.
    static Result<std::unique_ptr<Deliveries>> open(const config::Settings& settings,
                                                    std::vector<std::string> apps,
                                                    DeliveriesSeams seams);

    // See open().
    Deliveries(const config::Settings& settings, DeliveriesSeams seams,
               std::shared_ptr<const transport::AddressGuard> guard);

    // The keys of the settings' endpoints; those that cannot be read are left out.
    static callbacks::EndpointKeys keys(const config::Settings& settings);

    // What the ledger is told of the endpoints that the settings name.
    static std::vector<ledger::Outbox::Configured> configured(const config::Settings& settings);

    // There may be something new, or an endpoint has changed. Safe from any thread.
    void hint() { deliverer_->hint(); }

    // Bodies for threads, with their names; each ends some time after stop(). The first one is the
    // deliverer's, and the others outlast it.
    std::vector<std::pair<std::string, std::function<void()>>> loops();

    // Ends what is under way and records it, until `deadline` on the monotonic clock. From any
    // thread, once.
    void stop(std::chrono::nanoseconds deadline);

    callbacks::Deliverer::Counters counters() const { return deliverer_->counters(); }
    std::vector<callbacks::Deliverer::EndpointView> endpoints() const {
        return deliverer_->endpoints();
    }

private:
    struct Queue {
        Queue(transport::AmqpSettings settings, std::string routing_key, Clock& clock,
              Tracer* tracer)
            : publisher(std::move(settings), clock),
              carrier(publisher, std::move(routing_key), clock, tracer) {}

        transport::AmqpPublisher publisher;
        callbacks::QueueCarrier carrier;
    };

    callbacks::Carrier& carrier_of(const ledger::Endpoint& endpoint);
    void run_deliverer();
    void run_queue(transport::AmqpPublisher& publisher);
    bool past_deadline() const;

    const DeliveriesSeams seams_;
    transport::CurlClient http_;
    callbacks::HttpCarrier http_carrier_;
    std::map<std::string, std::unique_ptr<Queue>, std::less<>> queues_;  // By the endpoint's id.
    std::unique_ptr<callbacks::Deliverer> deliverer_;
    std::atomic<std::int64_t> deadline_ns_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> deliverer_ended_ = false;
};

}  // namespace tollgate::gateway
