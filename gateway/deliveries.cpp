#include "gateway/deliveries.h"

#include <algorithm>

#include "config/delivery_rules.h"
#include "signing/webhook.h"
#include "transport/address_guard.h"

namespace tollgate::gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSenderWait{500};

std::string place(std::size_t endpoint, std::string_view member) {
    return "/endpoints/" + std::to_string(endpoint) + "/" + std::string(member);
}

callbacks::EndpointKeys read_keys(const config::Settings& settings,
                                  std::vector<config::Problem>& problems) {
    callbacks::EndpointKeys keys;
    for (std::size_t i = 0; i < settings.endpoints.size(); ++i) {
        const auto& endpoint = settings.endpoints[i];
        for (std::size_t j = 0; j < endpoint.secrets.size(); ++j) {
            auto key = signing::WebhookKey::parse(endpoint.secrets[j].reveal());
            if (key) {
                keys[endpoint.id].push_back(*std::move(key));
            } else {
                problems.push_back({.where = place(i, "secrets/") + std::to_string(j),
                                    .what = key.error().message()});
            }
        }
    }
    return keys;
}

Result<transport::AmqpSettings> read_queue(const config::EndpointSettings& endpoint) {
    TOLLGATE_TRY(auto amqp, transport::AmqpSettings::parse_url(endpoint.queue->url));
    amqp.exchange = endpoint.queue->exchange;
    amqp.confirm_timeout = endpoint.rules.timeout;
    return amqp;
}

// How a queue is shown: never with its user or password.
std::string shown_url(const config::EndpointSettings& endpoint) {
    const auto amqp = read_queue(endpoint);
    if (!amqp) return "amqp:";
    return std::string(amqp->tls ? "amqps" : "amqp") + "://" + amqp->host + ":" +
           std::to_string(amqp->port) + "/" + amqp->exchange;
}

}  // namespace

void Deliveries::check(const config::Settings& settings, std::vector<config::Problem>& problems) {
    static_cast<void>(read_keys(settings, problems));
    for (std::size_t i = 0; i < settings.endpoints.size(); ++i) {
        if (!settings.endpoints[i].queue) continue;
        const auto amqp = read_queue(settings.endpoints[i]);
        if (!amqp) problems.push_back({place(i, "queue/url"), amqp.error().message()});
    }
    const auto guard =
        transport::AddressGuard::make({.allowed_networks = settings.deliveries.allowed_networks});
    if (!guard) problems.push_back({"/deliveries/allowed_networks", guard.error().message()});
}

callbacks::EndpointKeys Deliveries::keys(const config::Settings& settings) {
    std::vector<config::Problem> ignored;
    return read_keys(settings, ignored);
}

std::vector<ledger::Outbox::Configured> Deliveries::configured(const config::Settings& settings) {
    std::vector<ledger::Outbox::Configured> endpoints;
    for (const auto& endpoint : settings.endpoints) {
        endpoints.push_back({.id = endpoint.id,
                             .plan = {.url = endpoint.queue ? shown_url(endpoint) : endpoint.url,
                                      .description = endpoint.description,
                                      .apps = endpoint.apps,
                                      .event_types = endpoint.event_types,
                                      .rules = config::to_json(endpoint.rules).dump()}});
    }
    return endpoints;
}

Deliveries::Deliveries(const config::Settings& settings, DeliveriesSeams seams,
                       std::shared_ptr<const transport::AddressGuard> guard)
    : seams_(std::move(seams)),
      // As many as may be in flight: none waits in line while its lease runs out.
      http_({.in_flight_max = static_cast<std::size_t>(settings.deliveries.in_flight_max)}),
      http_carrier_(http_, seams_.clock, std::move(guard), seams_.tracer) {}

Result<std::unique_ptr<Deliveries>> Deliveries::open(const config::Settings& settings,
                                                     std::vector<std::string> apps,
                                                     DeliveriesSeams seams) {
    std::vector<config::Problem> problems;
    auto keys = read_keys(settings, problems);
    TOLLGATE_TRY(auto guard, transport::AddressGuard::make(
                                 {.allowed_networks = settings.deliveries.allowed_networks}));
    auto made = std::make_unique<Deliveries>(
        settings, std::move(seams),
        std::make_shared<const transport::AddressGuard>(std::move(guard)));
    for (const auto& endpoint : settings.endpoints) {
        if (!endpoint.queue) continue;
        TOLLGATE_TRY(auto amqp, read_queue(endpoint));
        made->queues_[endpoint.id] = std::make_unique<Queue>(
            std::move(amqp), endpoint.queue->routing_key, made->seams_.clock, made->seams_.tracer);
    }
    Deliveries& self = *made;
    made->deliverer_ = std::make_unique<callbacks::Deliverer>(
        std::move(keys),
        callbacks::DelivererSettings{
            .in_flight_max = static_cast<int>(settings.deliveries.in_flight_max),
            .apps = std::move(apps)},
        callbacks::DelivererSeams{.writer = self.seams_.writer,
                                  .clock = self.seams_.clock,
                                  .random = self.seams_.random,
                                  .entropy = self.seams_.entropy,
                                  .log = self.seams_.log,
                                  .carrier_of = [&self](const ledger::Endpoint& endpoint)
                                      -> callbacks::Carrier& { return self.carrier_of(endpoint); },
                                  .wake = [&self] { self.http_.wake(); },
                                  .published = self.seams_.published});
    return made;
}

callbacks::Carrier& Deliveries::carrier_of(const ledger::Endpoint& endpoint) {
    const auto queue = queues_.find(endpoint.id);
    if (queue == queues_.end()) return http_carrier_;
    return queue->second->carrier;
}

std::vector<std::pair<std::string, std::function<void()>>> Deliveries::loops() {
    std::vector<std::pair<std::string, std::function<void()>>> loops;
    loops.emplace_back("deliveries", [this] { run_deliverer(); });
    for (auto& [id, queue] : queues_) {
        // The kernel keeps 15 characters of a thread's name.
        loops.emplace_back(("queue-" + id).substr(0, 15),
                           [this, publisher = &queue->publisher] { run_queue(*publisher); });
    }
    return loops;
}

void Deliveries::stop(std::chrono::nanoseconds deadline) {
    deadline_ns_ = deadline.count();
    stopping_ = true;
    deliverer_->drain();
}

bool Deliveries::past_deadline() const {
    return seams_.clock.monotonic().count() >= deadline_ns_;
}

void Deliveries::run_deliverer() {
    for (;;) {
        const milliseconds wait = deliverer_->run_once();
        if (stopping_ && (deliverer_->idle() || past_deadline())) break;
        http_.run_once(std::min(wait, kSenderWait));
    }
    http_.cancel_all();
    deliverer_ended_ = true;
    for (auto& [id, queue] : queues_) queue->publisher.wake();
}

// What the publisher is asked for by the deliverer must end before that does.
void Deliveries::run_queue(transport::AmqpPublisher& publisher) {
    while (!deliverer_ended_) publisher.run_once(kSenderWait);
    publisher.cancel_all();
}

}  // namespace tollgate::gateway
