#pragma once

#include "ledger/outbox.h"
#include "ledger/statement_cache.h"

namespace tollgate::ledger {

// OutboxReading over the statements of one SQLite connection. One thread at a time.
class SqliteOutboxReading final : public OutboxReading {
public:
    explicit SqliteOutboxReading(StatementCache& statements) : statements_(statements) {}

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
    Result<std::int64_t> last_of(const char* sql);
    Result<RowId> first_event_since(Timestamp since);

    StatementCache& statements_;
};

// A SELECT of the columns that read_endpoint() takes. For a static local: the statement cache tells
// statements apart by address.
std::string select_endpoints(const char* condition);

}  // namespace tollgate::ledger
