#include "ledger/sqlite_outbox_reading.h"

#include <algorithm>

#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

// Rows are written in the order of time, but for clock steps and transactions that took a while.
constexpr std::chrono::minutes kDisorder{5};

const std::string& present_endpoints_sql() {
    static const std::string kSql = select_endpoints("status <> 'removed' ORDER BY id");
    return kSql;
}
const std::string& endpoint_by_id_sql() {
    static const std::string kSql = select_endpoints("endpoint_id = ?");
    return kSql;
}

// ?1 holds a list, one a line; ?2 a type, "family.*" or nothing.
constexpr const char* kOfAppsAndType =
    " instr(char(10) || ?1 || char(10), char(10) || event.app || char(10))"
    " AND (?2 = '' OR event.type = ?2 OR (?2 LIKE '%.*'"
    "      AND substr(event.type, 1, length(?2) - 1) = substr(?2, 1, length(?2) - 1)))";

std::string select_events(const std::string& condition) {
    return "SELECT id, event_id, app, type, payload, created_ms,"
           " iif(id <= (SELECT last FROM publication), id, NULL) FROM event WHERE " +
           condition;
}
const std::string& events_sql() {
    static const std::string kSql =
        select_events(std::string(kOfAppsAndType) +
                      " AND id > ?3 AND id >= ?4 AND id <= (SELECT last FROM publication)"
                      " AND created_ms >= ?5 AND only_endpoint IS NULL ORDER BY id LIMIT ?6");
    return kSql;
}
const std::string& event_by_id_sql() {
    static const std::string kSql = select_events("event_id = ?");
    return kSql;
}

std::string select_deliveries(const std::string& condition) {
    return "SELECT delivery.event, event.event_id, event.type, event.app, endpoint.endpoint_id,"
           " delivery.status, delivery.generation, delivery.attempts, event.created_ms,"
           " delivery.next_attempt_ms, delivery.lease_until_ms, delivery.finished_ms"
           " FROM endpoint CROSS JOIN delivery JOIN event ON event.id = delivery.event"
           " WHERE delivery.endpoint = endpoint.id AND " +
           condition;
}

// The condition of a DeliveryQuery. Of given up ones it says so once more, in the words of the
// partial index.
std::string delivery_condition(bool given_up) {
    return std::string(kOfAppsAndType) +
           " AND delivery.endpoint = ?3 AND delivery.id > ?4 AND delivery.id < ?9 AND (?5 = ''"
           " OR instr(char(10) || ?5 || char(10), char(10) || delivery.status || char(10)))"
           " AND event.created_ms >= ?6 AND event.created_ms < ?7" +
           (given_up ? " AND delivery.status IN ('spent', 'cancelled')" : "");
}
const std::string& deliveries_sql(bool given_up) {
    static const std::string kOrder = " ORDER BY delivery.id LIMIT ?8";
    static const std::string kAll = select_deliveries(delivery_condition(false) + kOrder);
    static const std::string kGivenUp = select_deliveries(delivery_condition(true) + kOrder);
    return given_up ? kGivenUp : kAll;
}
const std::string& count_sql(bool given_up) {
    static const std::string kCount =
        "SELECT count(*) FROM (SELECT 1 FROM delivery JOIN event ON event.id = delivery.event"
        " WHERE ";
    static const std::string kAll = kCount + delivery_condition(false) + " LIMIT ?8)";
    static const std::string kGivenUp = kCount + delivery_condition(true) + " LIMIT ?8)";
    return given_up ? kGivenUp : kAll;
}
const std::string& deliveries_of_event_sql() {
    static const std::string kSql =
        select_deliveries("delivery.id = endpoint.id * 1099511627776 + ? ORDER BY delivery.id");
    return kSql;
}

// The texts that a delivery query binds; they must live until the statement has run.
struct DeliveryTexts {
    explicit DeliveryTexts(const DeliveryQuery& query) : apps(join_lines(query.apps)) {
        std::vector<std::string> names;
        for (const DeliveryStatus status : query.statuses) names.emplace_back(name_of(status));
        statuses = join_lines(names);
    }
    void bind(Statement& select, const DeliveryQuery& query) const {
        select.bind(1, apps).bind(2, query.type).bind(3, query.endpoint);
        select.bind(4, delivery_row(query.endpoint, std::min(query.after, kEventsMax - 1)));
        select.bind(9, delivery_row(query.endpoint + 1, 0));
        select.bind(5, statuses).bind(6, query.from ? query.from->ms : INT64_MIN);
        select.bind(7, query.to ? query.to->ms : INT64_MAX);
    }

    std::string apps;
    std::string statuses;
};

}  // namespace

std::string select_endpoints(const char* condition) {
    return std::string("SELECT ") + kEndpointColumns + " FROM endpoint WHERE " + condition;
}

Result<std::vector<Endpoint>> SqliteOutboxReading::endpoints() {
    TOLLGATE_TRY(Statement* const select, statements_.get(present_endpoints_sql().c_str()));
    return read_all(*select, read_endpoint<Statement>);
}

Result<std::optional<Endpoint>> SqliteOutboxReading::endpoint(std::string_view id) {
    TOLLGATE_TRY(Statement* const select, statements_.get(endpoint_by_id_sql().c_str()));
    select->bind(1, id);
    return read_first(*select, read_endpoint<Statement>);
}

Result<EndpointLoad> SqliteOutboxReading::load_of(const Endpoint& endpoint) {
    TOLLGATE_TRY(
        Statement* const select,
        statements_.get("SELECT min(?2,"
                        "  (SELECT count(*) FROM (SELECT 1 FROM delivery"
                        "   WHERE endpoint = ?1 AND status = 'pending' AND attempts = 0"
                        "   LIMIT ?2))"
                        " + (SELECT count(*) FROM (SELECT 1 FROM delivery"
                        "   WHERE endpoint = ?1 AND status = 'pending' AND attempts > 0"
                        "   LIMIT ?2))),"
                        " (SELECT count(*) FROM (SELECT 1 FROM delivery"
                        "   WHERE endpoint = ?1 AND status IN ('spent', 'cancelled')"
                        "   LIMIT ?2)),"
                        " (SELECT min(created_ms) FROM event WHERE id IN ("
                        "    (SELECT event FROM delivery WHERE endpoint = ?1"
                        "     AND status = 'pending' AND attempts = 0 ORDER BY id LIMIT 1),"
                        "    (SELECT min(event) FROM (SELECT event FROM delivery"
                        "     WHERE endpoint = ?1 AND status = 'pending' AND attempts > 0"
                        "     ORDER BY next_attempt_ms LIMIT ?2))))"));
    select->bind(1, endpoint.row).bind(2, kCountMax);
    TOLLGATE_TRY(const bool found, select->step());
    EndpointLoad load;
    if (found) {
        load.pending = select->integer(0);
        load.given_up = select->integer(1);
        load.oldest_pending_at = optional_time(*select, 2);
    }
    select->again();
    return load;
}

Result<std::vector<EndpointSecret>> SqliteOutboxReading::secrets_of(const Endpoint& endpoint,
                                                                    Timestamp now) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, secret, created_ms, expires_ms FROM endpoint_secret"
                                 " WHERE endpoint = ? AND (expires_ms IS NULL OR expires_ms > ?)"
                                 " ORDER BY id DESC"));
    select->bind(1, endpoint.row).bind(2, now.ms);
    std::vector<EndpointSecret> secrets;
    for (;;) {
        TOLLGATE_TRY(const bool row, select->step());
        if (!row) return secrets;
        secrets.push_back({.row = select->integer(0),
                           .secret = Secret(select->text(1)),
                           .created_at = {select->integer(2)},
                           .expires_at = optional_time(*select, 3)});
    }
}

// A row such that no event before it was created at `since` or later; found by halving.
Result<RowId> SqliteOutboxReading::first_event_since(Timestamp since) {
    const std::int64_t wanted = (since + -kDisorder).ms;
    TOLLGATE_TRY(Statement* const last, statements_.get("SELECT coalesce(max(id), 0) FROM event"));
    TOLLGATE_TRY(const bool any, last->step());
    RowId low = 1;
    RowId high = any ? last->integer(0) + 1 : 1;
    last->again();
    while (low < high) {
        const RowId middle = low + (high - low) / 2;
        TOLLGATE_TRY(Statement* const select,
                     statements_.get("SELECT created_ms FROM event WHERE id >= ?"
                                     " ORDER BY id LIMIT 1"));
        select->bind(1, middle);
        TOLLGATE_TRY(const bool found, select->step());
        if (found && select->integer(0) < wanted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

Result<std::vector<EventView>> SqliteOutboxReading::events(const EventQuery& query) {
    RowId first = 0;
    if (query.since) {
        TOLLGATE_TRY(first, first_event_since(*query.since));
    }
    TOLLGATE_TRY(Statement* const select, statements_.get(events_sql().c_str()));
    const std::string apps = join_lines(query.apps);
    select->bind(1, apps).bind(2, query.type).bind(3, query.after).bind(4, first);
    select->bind(5, query.since ? query.since->ms : INT64_MIN).bind(6, query.limit);
    return read_all(*select, read_event<Statement>);
}

Result<std::optional<EventView>> SqliteOutboxReading::event(std::string_view event_id) {
    TOLLGATE_TRY(Statement* const select, statements_.get(event_by_id_sql().c_str()));
    select->bind(1, event_id);
    return read_first(*select, read_event<Statement>);
}

Result<std::int64_t> SqliteOutboxReading::published_to() {
    return last_of("SELECT last FROM publication");
}

Result<std::int64_t> SqliteOutboxReading::events_removed_to() {
    return last_of("SELECT last FROM removed_events");
}

Result<std::int64_t> SqliteOutboxReading::last_of(const char* sql) {
    TOLLGATE_TRY(Statement* const select, statements_.get(sql));
    TOLLGATE_TRY(const bool row, select->step());
    const std::int64_t last = row ? select->integer(0) : 0;
    select->again();  // Ends the read.
    return last;
}

Result<std::vector<DeliveryView>> SqliteOutboxReading::deliveries_of(const EventView& event) {
    TOLLGATE_TRY(Statement* const select, statements_.get(deliveries_of_event_sql().c_str()));
    select->bind(1, event.row);
    return read_all(*select, read_delivery<Statement>);
}

Result<std::vector<AttemptView>> SqliteOutboxReading::attempts_of(const EventView& event) {
    // The view every_attempt would be read from its beginning to its end.
    TOLLGATE_TRY(
        Statement* const select,
        statements_.get("SELECT endpoint_id, number, generation, started_ms, finished_ms, outcome,"
                        " http_status, address, dns_us, connect_us, tls_us, first_byte_us,"
                        " total_us, detail, delivery FROM endpoint CROSS JOIN attempt"
                        " WHERE delivery = endpoint.id * 1099511627776 + ?1"
                        " UNION ALL"
                        " SELECT endpoint_id, 1, 1, first_started_ms, first_finished_ms,"
                        " 'delivered', first_http_status, first_address, first_dns_us,"
                        " first_connect_us, first_tls_us, first_first_byte_us, first_total_us,"
                        " first_detail, delivery.id FROM endpoint CROSS JOIN delivery"
                        " WHERE delivery.id = endpoint.id * 1099511627776 + ?1"
                        " AND first_started_ms IS NOT NULL"
                        " ORDER BY 4, 15, 2"));
    select->bind(1, event.row);
    return read_all(*select, read_attempt<Statement>);
}

Result<std::vector<DeliveryView>> SqliteOutboxReading::deliveries(const DeliveryQuery& query) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get(deliveries_sql(only_given_up(query.statuses)).c_str()));
    const DeliveryTexts texts(query);
    texts.bind(*select, query);
    select->bind(8, query.limit);
    return read_all(*select, read_delivery<Statement>);
}

Result<std::int64_t> SqliteOutboxReading::count_deliveries(const DeliveryQuery& query) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get(count_sql(only_given_up(query.statuses)).c_str()));
    const DeliveryTexts texts(query);
    texts.bind(*select, query);
    select->bind(8, kCountMax);
    TOLLGATE_TRY(const bool found, select->step());
    const std::int64_t count = found ? select->integer(0) : 0;
    select->again();
    return count;
}

}  // namespace tollgate::ledger
