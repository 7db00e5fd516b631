// The half of PostgresOutbox that moves events: publishing, claiming, attempts, redelivery.
#include "ledger/postgres_outbox.h"

#include <map>

#include "base/check.h"
#include "ledger/postgres_outbox_reading.h"
#include "ledger/rows.h"

namespace tollgate::ledger {
namespace {

constexpr std::string_view kDelivered = "delivered";  // An attempt's word for it.

// The first endpoint beyond the last one, by the index alone: as many steps as there are endpoints
// with something pending, however much that is.
constexpr const char* kNeverTried =
    "WITH RECURSIVE waiting (endpoint) AS ("
    " (SELECT endpoint FROM delivery WHERE status = 'pending' AND attempts = 0"
    "  ORDER BY endpoint LIMIT 1)"
    " UNION ALL"
    " SELECT (SELECT endpoint FROM delivery WHERE status = 'pending' AND attempts = 0"
    "         AND endpoint > waiting.endpoint ORDER BY endpoint LIMIT 1)"
    " FROM waiting WHERE waiting.endpoint IS NOT NULL)"
    " SELECT endpoint FROM waiting WHERE endpoint IS NOT NULL";
constexpr const char* kTriedBefore =
    "WITH RECURSIVE waiting (endpoint) AS ("
    " (SELECT endpoint FROM delivery WHERE status = 'pending' AND attempts > 0"
    "  ORDER BY endpoint LIMIT 1)"
    " UNION ALL"
    " SELECT (SELECT endpoint FROM delivery WHERE status = 'pending' AND attempts > 0"
    "         AND endpoint > waiting.endpoint ORDER BY endpoint LIMIT 1)"
    " FROM waiting WHERE waiting.endpoint IS NOT NULL)"
    " SELECT endpoint, (SELECT next_attempt_ms FROM delivery WHERE status = 'pending'"
    "   AND attempts > 0 AND endpoint = waiting.endpoint ORDER BY next_attempt_ms LIMIT 1)"
    " FROM waiting WHERE endpoint IS NOT NULL";

// Takes what is due and nobody else is taking; notes what an attempt before it was cut short by;
// begins the attempt. $1 the endpoint, $2 the lane's bound, $3 how many, $4 now, $5 the lease.
std::string claim_of(const std::string& lane, const std::string& order) {
    return "WITH due AS MATERIALIZED ("
           "SELECT id AS due_id, next_attempt_ms AS due_ms, attempts AS made, claimed_ms AS cut_ms"
           " FROM delivery WHERE endpoint = $1 AND status = 'pending'"
           " AND (ordered_by IS NULL OR NOT EXISTS (SELECT 1 FROM delivery AS before"
           "   WHERE before.endpoint = delivery.endpoint AND before.status = 'pending'"
           "   AND before.ordered_by = delivery.ordered_by AND before.id < delivery.id))"
           " AND " +
           lane + " ORDER BY " + order +
           " LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),"
           " begun AS (UPDATE delivery SET attempts = made + 1, claimed_ms = $4,"
           // The lease is the next attempt's time: if we die, it is due again when it runs out.
           " next_attempt_ms = $5, lease_until_ms = $5 FROM due WHERE id = due_id"
           " RETURNING delivery.*, due_ms, cut_ms),"
           " cut AS (INSERT INTO attempt (delivery, number, generation, started_ms, outcome)"
           " SELECT id, attempts - 1, generation, cut_ms, 'interrupted' FROM begun"
           " WHERE cut_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attempt"
           "   WHERE delivery = begun.id AND number = begun.attempts - 1))"
           " SELECT begun.id, event_id, type, payload, created_ms, attempts, forgiven, generation,"
           " CASE WHEN attempts > 1 THEN (SELECT count(*) FROM attempt WHERE delivery = begun.id"
           "   AND attempt.generation = begun.generation AND outcome = 'refused') ELSE 0 END"
           " FROM begun JOIN event ON event.publication = begun.event ORDER BY " +
           (order == "id" ? "begun.id" : "due_ms, begun.id");
}

const std::string& claim_sql(Lane lane) {
    static const std::string kFresh = claim_of("attempts = 0 AND id > $2", "id");
    static const std::string kBacklog = claim_of("attempts = 0 AND id <= $2", "id");
    static const std::string kRetry =
        claim_of("attempts > 0 AND next_attempt_ms <= $2", "next_attempt_ms");
    switch (lane) {
        case Lane::fresh: return kFresh;
        case Lane::backlog: return kBacklog;
        case Lane::retry: return kRetry;
    }
    return kFresh;
}

// What becomes of a delivery that is begun again.
constexpr const char* kBeginAgain =
    "UPDATE delivery SET generation = generation + (status <> 'pending')::int,"
    " forgiven = CASE WHEN status = 'pending' THEN forgiven ELSE attempts END,"
    " ordered_by = CASE WHEN status = 'pending' THEN ordered_by END,"
    " next_attempt_ms = CASE WHEN lease_until_ms IS NULL THEN $1 ELSE next_attempt_ms END,"
    " status = 'pending', finished_ms = NULL WHERE id = ANY ($2::bigint[])";

}  // namespace

// --- from the ledger into the endpoints' lines ---------------------------------------------------

Result<std::vector<UnpublishedEvent>> PostgresOutbox::unpublished_events(int limit) {
    // In two: what is read once the lock is ours is what the claimer before us has left, and every
    // event that is seen now was committed before any that is not.
    TOLLGATE_TRY(const auto found,
                 session_.query_all(
                     {{"SELECT last FROM publication WHERE id = 1 FOR NO KEY UPDATE", {}},
                      {"SELECT id, event_id, app, type, payment, payload, created_ms, only_endpoint"
                       " FROM event WHERE publication IS NULL ORDER BY id LIMIT $1",
                       {limit}}}));
    TOLLGATE_CHECK(!found[0].empty());
    last_publication_ = found[0][0].integer(0);
    unpublished_.clear();
    std::vector<UnpublishedEvent> events;
    for (int i = 0; i < found[1].size(); ++i) {
        auto event = read_unpublished(found[1][i]);
        unpublished_.push_back(event.row);
        event.row = last_publication_ + static_cast<std::int64_t>(unpublished_.size());
        events.push_back(std::move(event));
    }
    return events;
}

Result<Done> PostgresOutbox::publish(const std::vector<UnpublishedEvent>& events) {
    if (events.empty()) return Done{};
    TOLLGATE_CHECK(events.size() == unpublished_.size());
    TOLLGATE_DO(
        session_.write("UPDATE event SET publication = $1::bigint + place"
                       " FROM unnest($2::bigint[]) WITH ORDINALITY AS given (event_row, place)"
                       " WHERE id = event_row",
                       last_publication_, PostgresValue::array(unpublished_)));
    return session_.change_one("UPDATE publication SET last = $1 WHERE id = 1 AND last = $2",
                               events.back().row, last_publication_);
}

Result<Done> PostgresOutbox::add_delivery(const UnpublishedEvent& event, const Endpoint& endpoint,
                                          std::optional<RowId> ordered_by, Timestamp now) {
    return session_.write(
        "INSERT INTO delivery (id, event, endpoint, ordered_by, status, next_attempt_ms)"
        " VALUES ($1, $2, $3, $4, 'pending', $5) ON CONFLICT (id) DO NOTHING",
        delivery_row(endpoint.row, event.row), event.row, endpoint.row, ordered_by, now.ms);
}

Result<std::optional<DueDelivery>> PostgresOutbox::add_claimed(const UnpublishedEvent& event,
                                                               const Endpoint& endpoint,
                                                               Timestamp now,
                                                               Timestamp lease_until) {
    const RowId row = delivery_row(endpoint.row, event.row);
    const auto added = session_.add_one(
        "INSERT INTO delivery (id, event, endpoint, status, attempts, claimed_ms, next_attempt_ms,"
        " lease_until_ms) VALUES ($1, $2, $3, 'pending', 1, $4, $5, $5) ON CONFLICT DO NOTHING",
        row, event.row, endpoint.row, now.ms, lease_until.ms);
    if (!added && added.error().code() == ErrorCode::conflict) return std::optional<DueDelivery>();
    TOLLGATE_DO(added);
    return std::optional(DueDelivery{.row = row,
                                     .endpoint = endpoint.row,
                                     .event_id = event.id,
                                     .event_type = event.type,
                                     .payload = event.payload,
                                     .event_created_at = event.created_at,
                                     .claimed_at = now});
}

// --- claims --------------------------------------------------------------------------------------

Result<std::vector<PendingWork>> PostgresOutbox::pending_work() {
    TOLLGATE_TRY(const auto found, session_.query_all({{kNeverTried, {}}, {kTriedBefore, {}}}));
    std::map<RowId, PendingWork> work;
    for (int i = 0; i < found[0].size(); ++i) work[found[0][i].integer(0)].never_tried = true;
    for (int i = 0; i < found[1].size(); ++i) {
        work[found[1][i].integer(0)].next_retry_at = Timestamp{found[1][i].integer(1)};
    }
    std::vector<PendingWork> all;
    for (auto& [endpoint, pending] : work) {
        pending.endpoint = endpoint;
        all.push_back(pending);
    }
    return all;
}

Result<std::vector<DueDelivery>> PostgresOutbox::claim(const Claim& claim) {
    const std::int64_t bound = claim.lane == Lane::retry ? claim.now.ms : claim.endpoint.backlog_to;
    TOLLGATE_TRY(const auto rows,
                 session_.write_now(claim_sql(claim.lane).c_str(), claim.endpoint.row, bound,
                                    claim.limit, claim.now.ms, claim.lease_until.ms));
    std::vector<DueDelivery> due;
    for (int i = 0; i < rows.size(); ++i) {
        const PostgresRow row = rows[i];
        const auto attempts = static_cast<int>(row.integer(5));
        due.push_back({.row = row.integer(0),
                       .endpoint = claim.endpoint.row,
                       .event_id = row.text(1),
                       .event_type = row.text(2),
                       .payload = row.text(3),
                       .event_created_at = {row.integer(4)},
                       .attempt = attempts,
                       .counted = attempts - static_cast<int>(row.integer(6)),
                       .refused = static_cast<int>(row.integer(8)),
                       .generation = static_cast<int>(row.integer(7)),
                       .claimed_at = claim.now});
    }
    return due;
}

Result<Done> PostgresOutbox::release(const DueDelivery& delivery, Timestamp now) {
    return session_.write(
        "UPDATE delivery SET attempts = attempts - 1, claimed_ms = NULL, lease_until_ms = NULL,"
        " next_attempt_ms = $1 WHERE id = $2 AND status = 'pending' AND attempts = $3",
        now.ms, delivery.row, delivery.attempt);
}

Result<Done> PostgresOutbox::finish_attempt(const AttemptResult& result) {
    // What the most attempts do stands in the delivery's own row; only what is not that simple
    // makes an attempt of its own. A late end of what was taken for interrupted is the truth.
    const bool may_be_first = result.attempt == 1 && result.outcome == kDelivered &&
                              result.becomes == DeliveryStatus::delivered;
    TOLLGATE_DO(session_.write(
        "WITH first AS (UPDATE delivery SET status = 'delivered', claimed_ms = NULL,"
        " lease_until_ms = NULL, finished_ms = $5, first_started_ms = $4, first_finished_ms = $5,"
        " first_http_status = $7, first_address = $8, first_dns_us = $9, first_connect_us = $10,"
        " first_tls_us = $11, first_first_byte_us = $12, first_total_us = $13, first_detail = $14"
        " WHERE $15::int = 1 AND id = $1 AND status = 'pending' AND attempts = 1"
        " AND generation = 1 AND claimed_ms IS NOT NULL RETURNING 1),"
        " known AS (UPDATE attempt SET finished_ms = $5, outcome = $6, http_status = $7,"
        " address = $8, detail = $14 WHERE delivery = $1 AND number = $2"
        " AND NOT EXISTS (SELECT 1 FROM first) RETURNING 1)"
        " INSERT INTO attempt (delivery, number, generation, started_ms, finished_ms, outcome,"
        " http_status, address, dns_us, connect_us, tls_us, first_byte_us, total_us, detail)"
        " SELECT $1::bigint, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::text, $7::bigint,"
        " $8::text, $9::bigint, $10::bigint, $11::bigint, $12::bigint, $13::bigint, $14::text"
        " WHERE NOT EXISTS (SELECT 1 FROM first) AND NOT EXISTS (SELECT 1 FROM known)"
        // It may have been brought there by another and gone since.
        " AND EXISTS (SELECT 1 FROM delivery WHERE id = $1)",
        result.delivery, result.attempt, result.generation, result.started_at.ms,
        result.finished_at.ms, result.outcome, result.http_status, result.address,
        result.phases.dns_us, result.phases.connect_us, result.phases.tls_us,
        result.phases.first_byte_us, result.phases.total_us, result.detail, may_be_first ? 1 : 0));
    // Finds nothing to do where that was simple.
    const bool over = result.becomes != DeliveryStatus::pending;
    return session_.write(
        "UPDATE delivery SET status = $1, claimed_ms = NULL, lease_until_ms = NULL,"
        " forgiven = forgiven + $2, next_attempt_ms = coalesce($3, next_attempt_ms),"
        " finished_ms = $4 WHERE id = $5 AND status = 'pending'"
        " AND (attempts = $6 OR $1 = 'delivered')",
        name_of(result.becomes), result.forgiven ? 1 : 0, ms_of(result.next_attempt_at),
        over ? std::optional(result.finished_at.ms) : std::nullopt, result.delivery,
        result.attempt);
}

// --- again ---------------------------------------------------------------------------------------

Result<Done> PostgresOutbox::redeliver(const EventView& event, const Endpoint& endpoint,
                                       Timestamp now) {
    // One without a number is on its way to its endpoints already.
    if (event.row == 0) {
        return Error(ErrorCode::unavailable, "the event has no number yet").because("unpublished");
    }
    // What is pending needs no new generation: it is only made due, unless it is under way.
    const RowId row = delivery_row(endpoint.row, event.row);
    // Locked, so that it is not removed for its age meanwhile.
    TOLLGATE_DO(session_.write(
        "INSERT INTO delivery (id, event, endpoint, status, next_attempt_ms, generation)"
        " SELECT $1::bigint, publication, $3::bigint, 'pending', $4::bigint, 1 FROM event"
        " WHERE publication = $2 FOR KEY SHARE ON CONFLICT (id) DO NOTHING",
        row, event.row, endpoint.row, now.ms));
    return session_.write(kBeginAgain, now.ms,
                          PostgresValue::array(std::vector<std::int64_t>{row}));
}

Result<Outbox::Redelivered> PostgresOutbox::redeliver(const DeliveryQuery& query, Timestamp now) {
    PostgresOutboxReading reading(session_);
    TOLLGATE_TRY(const auto found, reading.deliveries(query));
    Redelivered done;
    std::vector<std::int64_t> rows;
    for (const DeliveryView& delivery : found) {
        rows.push_back(delivery_row(query.endpoint, delivery.place));
        ++done.count;
        done.last = delivery.place;
    }
    if (!rows.empty()) {
        TOLLGATE_DO(session_.write(kBeginAgain, now.ms, PostgresValue::array(rows)));
    }
    return done;
}

}  // namespace tollgate::ledger
