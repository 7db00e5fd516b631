// The outbox half of SqliteBooks: events, endpoints, deliveries and their attempts.
#include "ledger/sqlite_books.h"

namespace tollgate::ledger {

Result<Done> SqliteBooks::add_event(const EventRecord& event) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO event (event_id, app, type, payment, version,"
                                 " payload, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, event.id).bind(2, event.app).bind(3, event.type).bind(4, event.payment);
    insert->bind(5, event.version).bind(6, event.payload).bind(7, event.created_at.ms);
    TOLLGATE_DO(insert->run());
    ++events_added_;

    TOLLGATE_TRY(Statement* const promise,
                 statements_.get("INSERT INTO delivery (event, endpoint, status, next_attempt_ms)"
                                 " SELECT ?1, endpoint.id, 'pending', ?2 FROM endpoint_app"
                                 " JOIN endpoint ON endpoint.id = endpoint_app.endpoint"
                                 " WHERE endpoint_app.app = ?3 AND endpoint.enabled = 1"));
    promise->bind(1, db_.last_row()).bind(2, event.created_at.ms).bind(3, event.app);
    return promise->run();
}

Result<std::vector<DueDelivery>> SqliteBooks::claim_deliveries(Timestamp now, Timestamp lease_until,
                                                               int limit) {
    TOLLGATE_TRY(
        Statement* const select,
        statements_.get("SELECT delivery.id, delivery.endpoint, endpoint.url, event.event_id,"
                        " event.type, event.payload, event.created_ms, delivery.attempts + 1"
                        " FROM delivery JOIN event ON event.id = delivery.event"
                        " JOIN endpoint ON endpoint.id = delivery.endpoint"
                        " WHERE delivery.status = 'pending' AND delivery.next_attempt_ms <= ?"
                        " AND endpoint.enabled = 1"
                        " ORDER BY delivery.next_attempt_ms LIMIT ?"));
    select->bind(1, now.ms).bind(2, limit);
    std::vector<DueDelivery> due;
    for (;;) {
        TOLLGATE_TRY(const bool row, select->step());
        if (!row) break;
        due.push_back({.row = select->integer(0),
                       .endpoint = select->text(1),
                       .url = select->text(2),
                       .event_id = select->text(3),
                       .event_type = select->text(4),
                       .payload = select->text(5),
                       .event_created_at = {select->integer(6)},
                       .attempt = static_cast<int>(select->integer(7))});
    }
    for (DueDelivery& delivery : due) TOLLGATE_DO(begin_attempt(delivery, now, lease_until));
    return due;
}

Result<Done> SqliteBooks::begin_attempt(DueDelivery& delivery, Timestamp now,
                                        Timestamp lease_until) {
    // The lease is the next attempt's time: if we die, the delivery is due again when it runs out.
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE delivery SET attempts = ?, next_attempt_ms = ?,"
                                 " lease_until_ms = ?2 WHERE id = ?3 AND attempts = ?1 - 1"));
    update->bind(1, delivery.attempt).bind(2, lease_until.ms).bind(3, delivery.row);
    TOLLGATE_DO(change_one(*update));
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO attempt (delivery, number, started_ms)"
                                 " VALUES (?, ?, ?)"));
    insert->bind(1, delivery.row).bind(2, delivery.attempt).bind(3, now.ms);
    return insert->run();
}

Result<Done> SqliteBooks::finish_attempt(const AttemptResult& result) {
    TOLLGATE_TRY(Statement* const attempt,
                 statements_.get("UPDATE attempt SET finished_ms = ?, outcome = ?, http_status = ?,"
                                 " address = ?, detail = ? WHERE delivery = ? AND number = ?"));
    attempt->bind(1, result.finished_at.ms).bind(2, result.outcome).bind(3, result.http_status);
    attempt->bind(4, result.address).bind(5, result.detail);
    attempt->bind(6, result.delivery).bind(7, result.attempt);
    TOLLGATE_DO(change_one(*attempt));

    // Done is done, whichever attempt brought it; but only the latest attempt may set the clock.
    const char* status = result.delivered         ? "delivered"
                         : result.next_attempt_at ? "pending"
                                                  : "spent";
    TOLLGATE_TRY(
        Statement* const update,
        statements_.get("UPDATE delivery SET status = ?1, lease_until_ms = NULL,"
                        " next_attempt_ms = coalesce(?2, next_attempt_ms) WHERE id = ?3"
                        " AND status = 'pending' AND (attempts = ?4 OR ?1 = 'delivered')"));
    update->bind(1, status).bind(3, result.delivery).bind(4, result.attempt);
    if (result.next_attempt_at) update->bind(2, result.next_attempt_at->ms);
    return update->run();
}

Result<std::optional<Timestamp>> SqliteBooks::next_delivery_at() {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT delivery.next_attempt_ms FROM delivery"
                                 " JOIN endpoint ON endpoint.id = delivery.endpoint"
                                 " WHERE delivery.status = 'pending' AND endpoint.enabled = 1"
                                 " ORDER BY delivery.next_attempt_ms LIMIT 1"));
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return std::optional<Timestamp>();
    const Timestamp next{select->integer(0)};
    select->again();
    return std::optional(next);
}

Result<Done> SqliteBooks::set_configured_endpoints(const std::vector<EndpointRecord>& endpoints) {
    TOLLGATE_DO(db_.run("UPDATE endpoint SET enabled = 0 WHERE origin = 'config'"));
    for (const EndpointRecord& endpoint : endpoints) {
        TOLLGATE_TRY(Statement* const upsert,
                     statements_.get("INSERT INTO endpoint (id, url, origin, enabled)"
                                     " VALUES (?, ?, 'config', 1) ON CONFLICT (id) DO UPDATE"
                                     " SET url = excluded.url, origin = 'config', enabled = 1"));
        upsert->bind(1, endpoint.id).bind(2, endpoint.url);
        TOLLGATE_DO(upsert->run());
        TOLLGATE_TRY(Statement* const clear,
                     statements_.get("DELETE FROM endpoint_app WHERE endpoint = ?"));
        clear->bind(1, endpoint.id);
        TOLLGATE_DO(clear->run());
        for (const std::string& app : endpoint.apps) {
            TOLLGATE_TRY(Statement* const link,
                         statements_.get("INSERT INTO endpoint_app (app, endpoint) VALUES (?, ?)"));
            link->bind(1, app).bind(2, endpoint.id);
            TOLLGATE_DO(link->run());
        }
    }
    return Done{};
}

}  // namespace tollgate::ledger
