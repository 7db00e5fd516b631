#pragma once

#include "base/sqlite.h"
#include "ledger/outbox.h"
#include "ledger/sqlite_reading.h"

namespace tollgate::ledger {

// Outbox over the one SQLite connection that writes. One thread at a time, inside a transaction.
class SqliteOutbox final : public Outbox {
public:
    SqliteOutbox(Database& db, StatementCache& statements) : db_(db), statements_(statements) {}

    // sqlite_outbox.cpp
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

    // sqlite_endpoints.cpp
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
    Result<Done> record_interrupted(const DueDelivery& delivery, Timestamp cut_short);
    Result<Done> begin_attempt(const DueDelivery& delivery, Timestamp lease_until);
    Result<bool> deliver_at_first_try(const AttemptResult& result);
    Result<RowId> last_delivery(RowId endpoint);
    Result<std::int64_t> next_version();
    Result<Done> write_endpoint(const Endpoint& endpoint, std::int64_t version_before);
    Result<Done> change_one(Statement& update);

    Database& db_;
    StatementCache& statements_;
};

}  // namespace tollgate::ledger
