#pragma once

#include <vector>

#include "ledger/outbox.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {

// Outbox over the session that writes. An event's publication number is given by whoever holds the
// row of `publication`, to events that are committed: it is the number that deliveries know it by,
// and UnpublishedEvent::row is the one that it will have.
class PostgresOutbox final : public Outbox {
public:
    explicit PostgresOutbox(PostgresSession& session) : session_(session) {}

    // postgres_outbox.cpp
    Result<std::vector<UnpublishedEvent>> unpublished_events(int limit) override;
    Result<Done> publish(const std::vector<UnpublishedEvent>& events) override;
    Result<Done> add_delivery(const UnpublishedEvent& event, const Endpoint& endpoint,
                              std::optional<RowId> ordered_by, Timestamp now) override;
    Result<std::optional<DueDelivery>> add_claimed(const UnpublishedEvent& event,
                                                   const Endpoint& endpoint, Timestamp now,
                                                   Timestamp lease_until) override;
    Result<std::vector<PendingWork>> pending_work() override;
    Result<std::vector<DueDelivery>> claim(const Claim& claim) override;
    Result<Done> release(const DueDelivery& delivery, Timestamp now) override;
    Result<Done> finish_attempt(const AttemptResult& result) override;
    Result<Done> redeliver(const EventView& event, const Endpoint& endpoint,
                           Timestamp now) override;
    Result<Redelivered> redeliver(const DeliveryQuery& query, Timestamp now) override;

    // postgres_endpoints.cpp
    Result<std::vector<Endpoint>> endpoints_changed_since(std::int64_t version) override;
    Result<Done> set_configured_endpoints(const std::vector<Configured>& endpoints,
                                          Timestamp now) override;
    Result<Done> add_endpoint(Endpoint& endpoint) override;
    Result<Done> set_plan(Endpoint& endpoint, const EndpointPlan& plan, Timestamp now) override;
    Result<Done> park(Endpoint& endpoint, std::string_view reason, Timestamp now) override;
    Result<Done> enable(Endpoint& endpoint, Timestamp now) override;
    Result<Done> remove(Endpoint& endpoint, Timestamp now) override;
    Result<Done> set_health(RowId endpoint, const EndpointHealth& health, bool outage_over,
                            Timestamp now) override;
    Result<Done> add_secret(const Endpoint& endpoint, const Secret& secret,
                            std::optional<Timestamp> others_expire, Timestamp now) override;

private:
    Result<RowId> last_delivery(RowId endpoint);
    Result<std::int64_t> next_version();
    Result<Done> write_endpoint(const Endpoint& endpoint, std::int64_t version_before);

    PostgresSession& session_;
    // What unpublished_events() has just said: the rows, and the number before the first one's.
    std::vector<std::int64_t> unpublished_;
    std::int64_t last_publication_ = 0;
};

}  // namespace tollgate::ledger
