#include "ledger/postgres_outbox_reading.h"

#include <algorithm>

#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

// Rows are written in the order of time, but for clock steps and transactions that took a while.
constexpr std::chrono::minutes kDisorder{5};

// $1 holds the apps; $2 a type, "family.*" or nothing.
constexpr const char* kOfAppsAndType =
    " event.app = ANY ($1::text[]) AND ($2::text = '' OR event.type = $2"
    " OR (right($2, 2) = '.*' AND starts_with(event.type, left($2, length($2) - 1))))";

std::string select_events(const std::string& condition) {
    return "SELECT coalesce(publication, 0), event_id, app, type, payload, created_ms, publication"
           " FROM event WHERE " +
           condition;
}

std::string select_deliveries(const std::string& condition) {
    return "SELECT delivery.event, event.event_id, event.type, event.app, endpoint.endpoint_id,"
           " delivery.status, delivery.generation, delivery.attempts, event.created_ms,"
           " delivery.next_attempt_ms, delivery.lease_until_ms, delivery.finished_ms"
           " FROM delivery JOIN endpoint ON endpoint.id = delivery.endpoint"
           " JOIN event ON event.publication = delivery.event WHERE " +
           condition;
}

// The condition of a DeliveryQuery. Of given up ones it says so once more, in the words of the
// partial index.
std::string delivery_condition(bool given_up) {
    return std::string(kOfAppsAndType) +
           " AND delivery.endpoint = $3 AND delivery.id > $4 AND delivery.id < $9"
           " AND (cardinality($5::text[]) = 0 OR delivery.status = ANY ($5))"
           " AND event.created_ms >= $6 AND event.created_ms < $7" +
           (given_up ? " AND delivery.status IN ('spent', 'cancelled')" : "");
}
const std::string& deliveries_sql(bool given_up) {
    static const std::string kOrder = " ORDER BY delivery.id LIMIT $8";
    static const std::string kAll = select_deliveries(delivery_condition(false) + kOrder);
    static const std::string kGivenUp = select_deliveries(delivery_condition(true) + kOrder);
    return given_up ? kGivenUp : kAll;
}
const std::string& count_sql(bool given_up) {
    static const std::string kCount =
        "SELECT count(*) FROM (SELECT 1 FROM delivery JOIN event"
        " ON event.publication = delivery.event WHERE ";
    static const std::string kAll = kCount + delivery_condition(false) + " LIMIT $8) AS found";
    static const std::string kGivenUp = kCount + delivery_condition(true) + " LIMIT $8) AS found";
    return given_up ? kGivenUp : kAll;
}

// What a delivery query binds, in the order of its parameters.
Result<PostgresRows> ask(PostgresSession& session, const char* sql, const DeliveryQuery& query,
                         std::int64_t limit) {
    std::vector<std::string> statuses;
    for (const DeliveryStatus status : query.statuses) statuses.emplace_back(name_of(status));
    return session.query(sql, PostgresValue::array(query.apps), query.type, query.endpoint,
                         delivery_row(query.endpoint, std::min(query.after, kEventsMax - 1)),
                         PostgresValue::array(statuses), query.from ? query.from->ms : INT64_MIN,
                         query.to ? query.to->ms : INT64_MAX, limit,
                         delivery_row(query.endpoint + 1, 0));
}

}  // namespace

std::string select_endpoint_rows(const char* condition) {
    return std::string("SELECT ") + kEndpointColumns + " FROM endpoint WHERE " + condition;
}

Result<std::vector<Endpoint>> PostgresOutboxReading::endpoints() {
    static const std::string kSql = select_endpoint_rows("status <> 'removed' ORDER BY id");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str()));
    return read_all(rows, read_endpoint<PostgresRow>);
}

Result<std::optional<Endpoint>> PostgresOutboxReading::endpoint(std::string_view id) {
    static const std::string kSql = select_endpoint_rows("endpoint_id = $1");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), id));
    return read_first(rows, read_endpoint<PostgresRow>);
}

Result<EndpointLoad> PostgresOutboxReading::load_of(const Endpoint& endpoint) {
    TOLLGATE_TRY(
        const auto rows,
        session_.query("SELECT LEAST($2::bigint,"
                       "  (SELECT count(*) FROM (SELECT 1 FROM delivery WHERE endpoint = $1"
                       "   AND status = 'pending' AND attempts = 0 LIMIT $2) AS fresh)"
                       " + (SELECT count(*) FROM (SELECT 1 FROM delivery WHERE endpoint = $1"
                       "   AND status = 'pending' AND attempts > 0 LIMIT $2) AS again)),"
                       " (SELECT count(*) FROM (SELECT 1 FROM delivery WHERE endpoint = $1"
                       "   AND status IN ('spent', 'cancelled') LIMIT $2) AS given_up),"
                       " (SELECT min(created_ms) FROM event WHERE publication IN ("
                       "  (SELECT event FROM delivery WHERE endpoint = $1 AND status = 'pending'"
                       "   AND attempts = 0 ORDER BY id LIMIT 1),"
                       "  (SELECT min(event) FROM (SELECT event FROM delivery WHERE endpoint = $1"
                       "   AND status = 'pending' AND attempts > 0 ORDER BY next_attempt_ms"
                       "   LIMIT $2) AS oldest)))",
                       endpoint.row, kCountMax));
    return EndpointLoad{.pending = rows[0].integer(0),
                        .given_up = rows[0].integer(1),
                        .oldest_pending_at = optional_time(rows[0], 2)};
}

Result<std::vector<EndpointSecret>> PostgresOutboxReading::secrets_of(const Endpoint& endpoint,
                                                                      Timestamp now) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT id, secret, created_ms, expires_ms FROM endpoint_secret"
                                " WHERE endpoint = $1 AND (expires_ms IS NULL OR expires_ms > $2)"
                                " ORDER BY id DESC",
                                endpoint.row, now.ms));
    std::vector<EndpointSecret> secrets;
    for (int i = 0; i < rows.size(); ++i) {
        secrets.push_back({.row = rows[i].integer(0),
                           .secret = Secret(rows[i].text(1)),
                           .created_at = {rows[i].integer(2)},
                           .expires_at = optional_time(rows[i], 3)});
    }
    return secrets;
}

// A number such that no event before it was created at `since` or later; found by halving.
Result<RowId> PostgresOutboxReading::first_event_since(Timestamp since) {
    const std::int64_t wanted = (since + -kDisorder).ms;
    TOLLGATE_TRY(const auto last, session_.query("SELECT last FROM publication"));
    RowId low = 1;
    RowId high = last.empty() ? 1 : last[0].integer(0) + 1;
    while (low < high) {
        const RowId middle = low + (high - low) / 2;
        TOLLGATE_TRY(const auto rows,
                     session_.query("SELECT created_ms FROM event WHERE publication >= $1"
                                    " ORDER BY publication LIMIT 1",
                                    middle));
        if (!rows.empty() && rows[0].integer(0) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

Result<std::vector<EventView>> PostgresOutboxReading::events(const EventQuery& query) {
    RowId first = 0;
    if (query.since) {
        TOLLGATE_TRY(first, first_event_since(*query.since));
    }
    static const std::string kSql =
        select_events(std::string(kOfAppsAndType) +
                      " AND publication > $3 AND publication >= $4 AND created_ms >= $5"
                      " AND only_endpoint IS NULL ORDER BY publication LIMIT $6");
    TOLLGATE_TRY(
        const auto rows,
        session_.query(kSql.c_str(), PostgresValue::array(query.apps), query.type, query.after,
                       first, query.since ? query.since->ms : INT64_MIN, query.limit));
    return read_all(rows, read_event<PostgresRow>);
}

Result<std::optional<EventView>> PostgresOutboxReading::event(std::string_view event_id) {
    static const std::string kSql = select_events("event_id = $1");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), event_id));
    return read_first(rows, read_event<PostgresRow>);
}

Result<std::int64_t> PostgresOutboxReading::published_to() {
    TOLLGATE_TRY(const auto rows, session_.query("SELECT last FROM publication"));
    return rows.empty() ? 0 : rows[0].integer(0);
}

Result<std::int64_t> PostgresOutboxReading::events_removed_to() {
    TOLLGATE_TRY(const auto rows, session_.query("SELECT last FROM removed_events"));
    return rows.empty() ? 0 : rows[0].integer(0);
}

Result<std::vector<DeliveryView>> PostgresOutboxReading::deliveries_of(const EventView& event) {
    static const std::string kSql = select_deliveries(
        "delivery.id = ANY (SELECT id * 1099511627776 + $1 FROM endpoint) ORDER BY delivery.id");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), event.row));
    return read_all(rows, read_delivery<PostgresRow>);
}

Result<std::vector<AttemptView>> PostgresOutboxReading::attempts_of(const EventView& event) {
    TOLLGATE_TRY(
        const auto rows,
        session_.query("SELECT endpoint_id, number, generation, started_ms, finished_ms, outcome,"
                       " http_status, address, dns_us, connect_us, tls_us, first_byte_us,"
                       " total_us, detail, delivery FROM endpoint JOIN attempt"
                       " ON delivery = endpoint.id * 1099511627776 + $1::bigint"
                       " UNION ALL"
                       " SELECT endpoint_id, 1, 1, first_started_ms, first_finished_ms,"
                       " 'delivered', first_http_status, first_address, first_dns_us,"
                       " first_connect_us, first_tls_us, first_first_byte_us, first_total_us,"
                       " first_detail, delivery.id FROM endpoint JOIN delivery"
                       " ON delivery.id = endpoint.id * 1099511627776 + $1"
                       " WHERE first_started_ms IS NOT NULL ORDER BY 4, 15, 2",
                       event.row));
    return read_all(rows, read_attempt<PostgresRow>);
}

Result<std::vector<DeliveryView>> PostgresOutboxReading::deliveries(const DeliveryQuery& query) {
    const std::string& sql = deliveries_sql(only_given_up(query.statuses));
    TOLLGATE_TRY(const auto rows, ask(session_, sql.c_str(), query, query.limit));
    return read_all(rows, read_delivery<PostgresRow>);
}

Result<std::int64_t> PostgresOutboxReading::count_deliveries(const DeliveryQuery& query) {
    const std::string& sql = count_sql(only_given_up(query.statuses));
    TOLLGATE_TRY(const auto rows, ask(session_, sql.c_str(), query, kCountMax));
    return rows[0].integer(0);
}

}  // namespace tollgate::ledger
