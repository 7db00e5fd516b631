#pragma once

#include "ledger/outbox.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {

// OutboxReading over one session. An event is known here by its publication number: `row` is 0 of
// one that has none yet.
class PostgresOutboxReading final : public OutboxReading {
public:
    explicit PostgresOutboxReading(PostgresSession& session) : session_(session) {}

    Result<std::vector<Endpoint>> endpoints() override;
    Result<std::optional<Endpoint>> endpoint(std::string_view id) override;
    Result<EndpointLoad> load_of(const Endpoint& endpoint) override;
    Result<std::vector<EndpointSecret>> secrets_of(const Endpoint& endpoint,
                                                   Timestamp now) override;
    Result<std::vector<EventView>> events(const EventQuery& query) override;
    Result<std::optional<EventView>> event(std::string_view event_id) override;
    Result<std::int64_t> published_to() override;
    Result<std::int64_t> events_removed_to() override;
    Result<std::vector<DeliveryView>> deliveries_of(const EventView& event) override;
    Result<std::vector<AttemptView>> attempts_of(const EventView& event) override;
    Result<std::vector<DeliveryView>> deliveries(const DeliveryQuery& query) override;
    Result<std::int64_t> count_deliveries(const DeliveryQuery& query) override;

private:
    Result<RowId> first_event_since(Timestamp since);

    PostgresSession& session_;
};

// A SELECT of endpoints. For a static local: statements are told apart by address.
std::string select_endpoint_rows(const char* condition);

}  // namespace tollgate::ledger
