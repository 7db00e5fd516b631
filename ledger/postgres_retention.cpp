#include "ledger/postgres_retention.h"

namespace tollgate::ledger {

Result<RetentionStep> PostgresRetentionBooks::drop_bodies(Timestamp /*before*/, RowId /*after*/,
                                                          int /*limit*/) {
    return RetentionStep{};
}

// The last event stays, as in SQLite. An event and its deliveries are locked before anybody looks
// whether it is still wanted: who wants it to be delivered again locks the one or the other, too
// (PostgresOutbox::redeliver).
Result<RetentionStep> PostgresRetentionBooks::drop_events(Timestamp before, RowId after,
                                                          int limit) {
    TOLLGATE_TRY(const auto turn, session_.query("SELECT last FROM removed_events"
                                                 " FOR UPDATE SKIP LOCKED"));
    if (turn.empty()) return RetentionStep{};
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT publication, created_ms FROM event WHERE publication > $1"
                                " AND publication < (SELECT last FROM publication)"
                                " ORDER BY publication LIMIT $2 FOR UPDATE OF event SKIP LOCKED",
                                after, limit));
    std::vector<std::int64_t> old;
    for (int i = 0; i < rows.size() && rows[i].integer(1) < before.ms; ++i) {
        old.push_back(rows[i].integer(0));
    }
    if (old.empty()) return RetentionStep{};
    TOLLGATE_DO(session_.write(
        "SELECT 1 FROM delivery WHERE id IN (SELECT endpoint.id * 1099511627776 + number FROM"
        " endpoint, unnest($1::bigint[]) AS old (number)) ORDER BY id FOR UPDATE",
        PostgresValue::array(old)));
    TOLLGATE_TRY(
        const auto gone,
        session_.write_now(
            "SELECT number FROM unnest($1::bigint[]) AS old (number) WHERE NOT EXISTS"
            " (SELECT 1 FROM endpoint JOIN delivery ON delivery.id = endpoint.id * 1099511627776"
            " + number WHERE delivery.status = 'pending') ORDER BY number",
            PostgresValue::array(old)));
    RetentionStep step;
    if (rows.size() == limit && old.size() == static_cast<std::size_t>(limit)) {
        step.next = old.back();
    }
    std::vector<std::int64_t> numbers;
    for (int i = 0; i < gone.size(); ++i) numbers.push_back(gone[i].integer(0));
    if (numbers.empty()) return step;
    for (const char* const sql :
         {"DELETE FROM attempt WHERE delivery IN (SELECT id * 1099511627776 + number FROM endpoint,"
          " unnest($1::bigint[]) AS old (number))",
          "DELETE FROM delivery WHERE id IN (SELECT endpoint.id * 1099511627776 + number FROM"
          " endpoint, unnest($1::bigint[]) AS old (number))",
          "DELETE FROM event WHERE publication = ANY ($1::bigint[])"}) {
        TOLLGATE_DO(session_.write(sql, PostgresValue::array(numbers)));
    }
    TOLLGATE_DO(
        session_.write("UPDATE removed_events SET last = greatest(last, $1)", numbers.back()));
    step.removed = static_cast<std::int64_t>(numbers.size());
    return step;
}

}  // namespace tollgate::ledger
