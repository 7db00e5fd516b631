#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "ledger/outbox.h"
#include "tests/ledger/every_engine.h"

namespace tollgate::ledger {

// A ledger of every engine, with what tests of its outbox need.
class OutboxContract : public testing::EveryEngine {
protected:
    // Runs one call on the outbox as a unit of its own.
    template <typename Work>
    auto run(Work work) {
        return world_.run([work](Books& books) mutable { return work(books.outbox()); });
    }

    Endpoint endpoint(const std::string& id, EndpointPlan plan = {.url = "http://a/"}) {
        Endpoint endpoint;
        endpoint.id = id;
        endpoint.origin = EndpointOrigin::api;
        endpoint.plan = std::move(plan);
        endpoint.created_at = world_.clock.now();
        auto added = run([endpoint](Outbox& outbox) mutable -> Result<Endpoint> {
            TOLLGATE_DO(outbox.add_endpoint(endpoint));
            return endpoint;
        });
        EXPECT_TRUE(added) << added.error().message();
        return *added;
    }

    void write_event(const std::string& id, std::optional<RowId> payment = std::nullopt) {
        EXPECT_TRUE(world_.run([&](Books& books) {
            return books.add_event({.id = id,
                                    .app = "shop",
                                    .type = "payment.paid",
                                    .payment = payment,
                                    .version = 2,
                                    .payload = "{}",
                                    .created_at = world_.clock.now()});
        }));
    }

    // Gives every unpublished event its number and a delivery to the endpoint.
    void publish_to(const Endpoint& endpoint, bool ordered = false) {
        EXPECT_TRUE(run([&, now = world_.clock.now()](Outbox& outbox) -> Result<Done> {
            TOLLGATE_TRY(const auto events, outbox.unpublished_events(100));
            TOLLGATE_DO(outbox.publish(events));
            for (const auto& event : events) {
                TOLLGATE_DO(outbox.add_delivery(event, endpoint,
                                                ordered ? event.payment : std::nullopt, now));
            }
            return Done{};
        }));
    }

    std::vector<DueDelivery> claim(const Endpoint& endpoint, Lane lane, int limit = 10) {
        auto due = run([&](Outbox& outbox) {
            return outbox.claim({.endpoint = endpoint,
                                 .lane = lane,
                                 .limit = limit,
                                 .now = world_.clock.now(),
                                 .lease_until = world_.clock.now() + std::chrono::seconds(20)});
        });
        EXPECT_TRUE(due) << due.error().message();
        return *due;
    }

    void finish(const DueDelivery& delivery, DeliveryStatus becomes,
                std::optional<Timestamp> next = std::nullopt,
                std::string_view outcome = "http_error") {
        EXPECT_TRUE(run([&](Outbox& outbox) {
            return outbox.finish_attempt({.delivery = delivery.row,
                                          .attempt = delivery.attempt,
                                          .generation = delivery.generation,
                                          .started_at = world_.clock.now(),
                                          .finished_at = world_.clock.now(),
                                          .outcome = std::string(outcome),
                                          .http_status = 500,
                                          .becomes = becomes,
                                          .next_attempt_at = next});
        }));
    }

    Endpoint read_again(const Endpoint& endpoint) {
        auto lease = world_.store->read();
        return (*lease)->outbox().endpoint(endpoint.id)->value();
    }

    testing::EngineWorld world_{GetParam()};
};

}  // namespace tollgate::ledger
