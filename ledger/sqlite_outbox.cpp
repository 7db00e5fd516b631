// The half of SqliteOutbox that moves events: publishing, claiming, attempts, redelivery.
#include "ledger/sqlite_outbox.h"

#include <map>

#include "ledger/rows.h"

namespace tollgate::ledger {
namespace {

constexpr std::string_view kDelivered = "delivered";  // An attempt's word for it.

// The first endpoint beyond the last one, by the index alone: as many steps as there are endpoints
// with something pending, however much that is.
constexpr const char* kNeverTried =
    "WITH RECURSIVE waiting (endpoint) AS ("
    " SELECT (SELECT endpoint FROM delivery INDEXED BY delivery_fresh WHERE status = 'pending'"
    "         AND attempts = 0 ORDER BY endpoint LIMIT 1)"
    " UNION ALL"
    " SELECT (SELECT endpoint FROM delivery INDEXED BY delivery_fresh WHERE status = 'pending'"
    "         AND attempts = 0 AND endpoint > waiting.endpoint ORDER BY endpoint LIMIT 1)"
    " FROM waiting WHERE waiting.endpoint IS NOT NULL)"
    " SELECT endpoint FROM waiting WHERE endpoint IS NOT NULL";
constexpr const char* kTriedBefore =
    "WITH RECURSIVE waiting (endpoint) AS ("
    " SELECT (SELECT endpoint FROM delivery INDEXED BY delivery_again WHERE status = 'pending'"
    "         AND attempts > 0 ORDER BY endpoint LIMIT 1)"
    " UNION ALL"
    " SELECT (SELECT endpoint FROM delivery INDEXED BY delivery_again WHERE status = 'pending'"
    "         AND attempts > 0 AND endpoint > waiting.endpoint ORDER BY endpoint LIMIT 1)"
    " FROM waiting WHERE waiting.endpoint IS NOT NULL)"
    " SELECT endpoint, (SELECT next_attempt_ms FROM delivery INDEXED BY delivery_again"
    "   WHERE status = 'pending' AND attempts > 0 AND endpoint = waiting.endpoint"
    "   ORDER BY next_attempt_ms LIMIT 1) FROM waiting WHERE endpoint IS NOT NULL";

constexpr const char* kRefusals =
    "(SELECT count(*) FROM attempt WHERE attempt.delivery = delivery.id"
    " AND attempt.generation = delivery.generation AND outcome = 'refused')";

std::string select_due(const std::string& refusals, const std::string& condition_and_order) {
    return "SELECT delivery.id, event.event_id, event.type, event.payload, event.created_ms,"
           " delivery.attempts, delivery.forgiven, delivery.generation, delivery.claimed_ms, " +
           refusals +
           " FROM delivery JOIN event ON event.id = delivery.event"
           " WHERE delivery.endpoint = ?1 AND delivery.status = 'pending'"
           " AND (delivery.ordered_by IS NULL OR NOT EXISTS (SELECT 1 FROM delivery AS before"
           "   WHERE before.endpoint = delivery.endpoint AND before.status = 'pending'"
           "   AND before.ordered_by = delivery.ordered_by AND before.id < delivery.id)) "
           "AND " +
           condition_and_order;
}

const std::string& claim_sql(Lane lane) {
    static const std::string kFresh =
        select_due("0", "delivery.attempts = 0 AND delivery.id > ?2 ORDER BY delivery.id LIMIT ?3");
    static const std::string kBacklog = select_due(
        "0", "delivery.attempts = 0 AND delivery.id <= ?2 ORDER BY delivery.id LIMIT ?3");
    static const std::string kRetry =
        select_due(kRefusals,
                   "delivery.attempts > 0 AND delivery.next_attempt_ms <= ?2"
                   " ORDER BY delivery.next_attempt_ms LIMIT ?3");
    switch (lane) {
        case Lane::fresh: return kFresh;
        case Lane::backlog: return kBacklog;
        case Lane::retry: return kRetry;
    }
    return kFresh;
}

}  // namespace

Result<Done> SqliteOutbox::change_one(Statement& update) {
    TOLLGATE_DO(update.run());
    if (db_.changed_rows() == 1) return Done{};
    return Error(ErrorCode::stale_version, "the row is no longer as it was read");
}

// --- from the ledger into the endpoints' lines ---------------------------------------------------

Result<std::vector<UnpublishedEvent>> SqliteOutbox::unpublished_events(int limit) {
    // One writer: whoever runs here holds the numbering already.
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, event_id, app, type, payment, payload, created_ms,"
                                 " only_endpoint FROM event"
                                 " WHERE id > (SELECT last FROM publication) ORDER BY id LIMIT ?"));
    select->bind(1, limit);
    std::vector<UnpublishedEvent> events;
    for (;;) {
        TOLLGATE_TRY(const bool row, select->step());
        if (!row) return events;
        events.push_back(read_unpublished(*select));
    }
}

Result<Done> SqliteOutbox::publish(const std::vector<UnpublishedEvent>& events) {
    if (events.empty()) return Done{};
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE publication SET last = ?1 WHERE id = 1 AND last < ?1"));
    update->bind(1, events.back().row);
    return change_one(*update);
}

Result<Done> SqliteOutbox::add_delivery(const UnpublishedEvent& event, const Endpoint& endpoint,
                                        std::optional<RowId> ordered_by, Timestamp now) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO delivery (id, event, endpoint, ordered_by, status,"
                                 " next_attempt_ms) VALUES (?, ?, ?, ?, 'pending', ?)"
                                 " ON CONFLICT (id) DO NOTHING"));
    insert->bind(1, delivery_row(endpoint.row, event.row)).bind(2, event.row);
    insert->bind(3, endpoint.row).bind(4, ordered_by).bind(5, now.ms);
    return insert->run();
}

Result<std::optional<DueDelivery>> SqliteOutbox::add_claimed(const UnpublishedEvent& event,
                                                             const Endpoint& endpoint,
                                                             Timestamp now, Timestamp lease_until) {
    const RowId row = delivery_row(endpoint.row, event.row);
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO delivery (id, event, endpoint, status, attempts,"
                                 " claimed_ms, next_attempt_ms, lease_until_ms)"
                                 " VALUES (?1, ?2, ?3, 'pending', 1, ?4, ?5, ?5)"
                                 " ON CONFLICT (id) DO NOTHING"));
    insert->bind(1, row).bind(2, event.row).bind(3, endpoint.row);
    insert->bind(4, now.ms).bind(5, lease_until.ms);
    TOLLGATE_DO(insert->run());
    if (db_.changed_rows() == 0) return std::optional<DueDelivery>();
    return std::optional(DueDelivery{.row = row,
                                     .endpoint = endpoint.row,
                                     .event_id = event.id,
                                     .event_type = event.type,
                                     .payload = event.payload,
                                     .event_created_at = event.created_at,
                                     .claimed_at = now});
}

// --- claims --------------------------------------------------------------------------------------

Result<std::vector<PendingWork>> SqliteOutbox::pending_work() {
    std::map<RowId, PendingWork> work;
    TOLLGATE_TRY(Statement* const never_tried, statements_.get(kNeverTried));
    for (;;) {
        TOLLGATE_TRY(const bool row, never_tried->step());
        if (!row) break;
        work[never_tried->integer(0)].never_tried = true;
    }
    TOLLGATE_TRY(Statement* const tried, statements_.get(kTriedBefore));
    for (;;) {
        TOLLGATE_TRY(const bool row, tried->step());
        if (!row) break;
        work[tried->integer(0)].next_retry_at = Timestamp{tried->integer(1)};
    }
    std::vector<PendingWork> all;
    for (auto& [endpoint, pending] : work) {
        pending.endpoint = endpoint;
        all.push_back(pending);
    }
    return all;
}

Result<std::vector<DueDelivery>> SqliteOutbox::claim(const Claim& claim) {
    std::vector<DueDelivery> due;
    std::vector<std::optional<std::int64_t>> cut_short;
    TOLLGATE_TRY(Statement* const select, statements_.get(claim_sql(claim.lane).c_str()));
    select->bind(1, claim.endpoint.row).bind(3, claim.limit);
    select->bind(2, claim.lane == Lane::retry ? claim.now.ms : claim.endpoint.backlog_to);
    for (;;) {
        TOLLGATE_TRY(const bool row, select->step());
        if (!row) break;
        const auto attempts = static_cast<int>(select->integer(5));
        due.push_back({.row = select->integer(0),
                       .endpoint = claim.endpoint.row,
                       .event_id = select->text(1),
                       .event_type = select->text(2),
                       .payload = select->text(3),
                       .event_created_at = {select->integer(4)},
                       .attempt = attempts + 1,
                       .counted = attempts + 1 - static_cast<int>(select->integer(6)),
                       .refused = static_cast<int>(select->integer(9)),
                       .generation = static_cast<int>(select->integer(7)),
                       .claimed_at = claim.now});
        cut_short.push_back(select->optional_integer(8));
    }
    for (std::size_t i = 0; i < due.size(); ++i) {
        if (cut_short[i]) TOLLGATE_DO(record_interrupted(due[i], {*cut_short[i]}));
        TOLLGATE_DO(begin_attempt(due[i], claim.lease_until));
    }
    return due;
}

// Nobody came back to say how the attempt before this one ended; or somebody did, and that stands.
Result<Done> SqliteOutbox::record_interrupted(const DueDelivery& delivery, Timestamp cut_short) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO attempt (delivery, number, generation, started_ms,"
                                 " outcome) VALUES (?, ?, ?, ?, 'interrupted')"
                                 " ON CONFLICT (delivery, number) DO NOTHING"));
    insert->bind(1, delivery.row).bind(2, delivery.attempt - 1).bind(3, delivery.generation);
    insert->bind(4, cut_short.ms);
    return insert->run();
}

Result<Done> SqliteOutbox::begin_attempt(const DueDelivery& delivery, Timestamp lease_until) {
    // The lease is the next attempt's time: if we die, the delivery is due again when it runs out.
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE delivery SET attempts = ?1, claimed_ms = ?2,"
                                 " next_attempt_ms = ?3, lease_until_ms = ?3"
                                 " WHERE id = ?4 AND attempts = ?1 - 1"));
    update->bind(1, delivery.attempt).bind(2, delivery.claimed_at.ms).bind(3, lease_until.ms);
    update->bind(4, delivery.row);
    return change_one(*update);
}

Result<Done> SqliteOutbox::release(const DueDelivery& delivery, Timestamp now) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE delivery SET attempts = attempts - 1, claimed_ms = NULL,"
                                 " lease_until_ms = NULL, next_attempt_ms = ?1 WHERE id = ?2"
                                 " AND status = 'pending' AND attempts = ?3"));
    update->bind(1, now.ms).bind(2, delivery.row).bind(3, delivery.attempt);
    return update->run();
}

// What the most attempts do. False: it is not that simple, and nothing was written.
Result<bool> SqliteOutbox::deliver_at_first_try(const AttemptResult& result) {
    if (result.attempt != 1 || result.outcome != kDelivered) return false;
    TOLLGATE_TRY(
        Statement* const update,
        statements_.get("UPDATE delivery SET status = 'delivered', claimed_ms = NULL,"
                        " lease_until_ms = NULL, finished_ms = ?2, first_started_ms = ?3,"
                        " first_finished_ms = ?2, first_http_status = ?4, first_address = ?5,"
                        " first_dns_us = ?6, first_connect_us = ?7, first_tls_us = ?8,"
                        " first_first_byte_us = ?9, first_total_us = ?10, first_detail = ?11"
                        " WHERE id = ?1 AND status = 'pending' AND attempts = 1"
                        " AND generation = 1 AND claimed_ms IS NOT NULL"));
    update->bind(1, result.delivery).bind(2, result.finished_at.ms).bind(3, result.started_at.ms);
    update->bind(4, result.http_status).bind(5, result.address).bind(6, result.phases.dns_us);
    update->bind(7, result.phases.connect_us).bind(8, result.phases.tls_us);
    update->bind(9, result.phases.first_byte_us).bind(10, result.phases.total_us);
    update->bind(11, result.detail);
    TOLLGATE_DO(update->run());
    return db_.changed_rows() == 1;
}

Result<Done> SqliteOutbox::finish_attempt(const AttemptResult& result) {
    if (result.becomes == DeliveryStatus::delivered) {
        TOLLGATE_TRY(const bool recorded, deliver_at_first_try(result));
        if (recorded) return Done{};
    }
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO attempt (delivery, number, generation, started_ms,"
                        " finished_ms, outcome, http_status, address, dns_us, connect_us,"
                        " tls_us, first_byte_us, total_us, detail)"
                        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14"
                        // It may have been brought there by another and gone since.
                        " WHERE EXISTS (SELECT 1 FROM delivery WHERE id = ?1)"
                        // A late end of what was taken for interrupted is the truth.
                        " ON CONFLICT (delivery, number) DO UPDATE SET"
                        " finished_ms = excluded.finished_ms, outcome = excluded.outcome,"
                        " http_status = excluded.http_status, address = excluded.address,"
                        " detail = excluded.detail"));
    insert->bind(1, result.delivery).bind(2, result.attempt).bind(3, result.generation);
    insert->bind(4, result.started_at.ms).bind(5, result.finished_at.ms).bind(6, result.outcome);
    insert->bind(7, result.http_status).bind(8, result.address).bind(9, result.phases.dns_us);
    insert->bind(10, result.phases.connect_us).bind(11, result.phases.tls_us);
    insert->bind(12, result.phases.first_byte_us).bind(13, result.phases.total_us);
    insert->bind(14, result.detail);
    TOLLGATE_DO(insert->run());

    const bool over = result.becomes != DeliveryStatus::pending;
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE delivery SET status = ?1, claimed_ms = NULL,"
                                 " lease_until_ms = NULL, forgiven = forgiven + ?2,"
                                 " next_attempt_ms = coalesce(?3, next_attempt_ms),"
                                 " finished_ms = ?4 WHERE id = ?5 AND status = 'pending'"
                                 " AND (attempts = ?6 OR ?1 = 'delivered')"));
    update->bind(1, name_of(result.becomes)).bind(2, result.forgiven ? 1 : 0);
    update->bind(3, ms_of(result.next_attempt_at));
    update->bind(4, over ? std::optional(result.finished_at.ms) : std::nullopt);
    update->bind(5, result.delivery).bind(6, result.attempt);
    return update->run();
}

// --- again ---------------------------------------------------------------------------------------

Result<Done> SqliteOutbox::redeliver(const EventView& event, const Endpoint& endpoint,
                                     Timestamp now) {
    // What is pending needs no new generation: it is only made due, unless it is under way.
    TOLLGATE_TRY(
        Statement* const upsert,
        statements_.get("INSERT INTO delivery (id, event, endpoint, status, next_attempt_ms)"
                        " VALUES (?4, ?1, ?2, 'pending', ?3) ON CONFLICT (id) DO UPDATE SET"
                        " generation = generation + (status <> 'pending'),"
                        " forgiven = iif(status = 'pending', forgiven, attempts),"
                        " ordered_by = iif(status = 'pending', ordered_by, NULL),"
                        " next_attempt_ms = iif(lease_until_ms IS NULL, ?3, next_attempt_ms),"
                        " status = 'pending', finished_ms = NULL"));
    upsert->bind(1, event.row).bind(2, endpoint.row).bind(3, now.ms);
    upsert->bind(4, delivery_row(endpoint.row, event.row));
    return upsert->run();
}

Result<Outbox::Redelivered> SqliteOutbox::redeliver(const DeliveryQuery& query, Timestamp now) {
    SqliteOutboxReading reading(statements_);
    TOLLGATE_TRY(const auto found, reading.deliveries(query));
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE delivery SET"
                                 " generation = generation + (status <> 'pending'),"
                                 " forgiven = iif(status = 'pending', forgiven, attempts),"
                                 " ordered_by = iif(status = 'pending', ordered_by, NULL),"
                                 " next_attempt_ms = iif(lease_until_ms IS NULL, ?1,"
                                 " next_attempt_ms), status = 'pending', finished_ms = NULL"
                                 " WHERE id = ?2"));
    Redelivered done;
    for (const DeliveryView& delivery : found) {
        update->again().bind(1, now.ms).bind(2, delivery_row(query.endpoint, delivery.place));
        TOLLGATE_DO(update->run());
        ++done.count;
        done.last = delivery.place;
    }
    return done;
}

}  // namespace tollgate::ledger
