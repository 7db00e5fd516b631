#include "ledger/postgres_guard.h"

#include <array>

#include "ledger/rows.h"

namespace tollgate::ledger {

Result<std::optional<Guard>> PostgresGuardReading::find() {
    TOLLGATE_TRY(const auto rows, session_.query("SELECT since_ms, resumed_ms FROM guard"));
    if (rows.empty()) return std::optional<Guard>();
    return std::optional(
        Guard{.since = {rows[0].integer(0)}, .resumed = optional_time(rows[0], 1)});
}

Result<Unsettled> PostgresGuardReading::unsettled(Timestamp resumed) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT (SELECT count(*) FROM payment WHERE created_ms < $1"
                                " AND status IN ('pending', 'unknown', 'closing')),"
                                " (SELECT count(*) FROM refund WHERE created_ms < $1"
                                " AND status IN ('requested', 'processing', 'unknown')),"
                                " (SELECT count(*) FROM preauthorisation WHERE created_ms < $1"
                                " AND status IN ('trying', 'frozen', 'confirming', 'cancelling')),"
                                " (SELECT count(*) FROM difference WHERE status = 'open')",
                                resumed.ms));
    return Unsettled{.payments = rows[0].integer(0),
                     .refunds = rows[0].integer(1),
                     .preauthorisations = rows[0].integer(2),
                     .differences = rows[0].integer(3)};
}

Result<Done> PostgresGuardBooks::begin(Timestamp since) {
    return session_.write(
        "INSERT INTO guard AS old (id, since_ms) VALUES (1, $1) ON CONFLICT (id) DO UPDATE"
        " SET since_ms = least(old.since_ms, excluded.since_ms), resumed_ms = NULL",
        since.ms);
}

Result<Done> PostgresGuardBooks::resume(Timestamp now) {
    return session_.write("UPDATE guard SET resumed_ms = $1 WHERE resumed_ms IS NULL", now.ms);
}

Result<Done> PostgresGuardBooks::end() {
    return session_.write("DELETE FROM guard");
}

Result<Done> PostgresGuardBooks::hurry_unsettled(Timestamp now) {
    // What another gateway has in its hands just now is due there already.
    constexpr std::array kUpdates{
        "UPDATE payment SET next_sweep_ms = $1 WHERE id IN (SELECT id FROM payment"
        " WHERE next_sweep_ms > $1 AND status IN ('pending', 'unknown', 'closing')"
        " FOR NO KEY UPDATE SKIP LOCKED)",
        "UPDATE refund SET next_sweep_ms = $1 WHERE id IN (SELECT id FROM refund"
        " WHERE next_sweep_ms > $1 FOR NO KEY UPDATE SKIP LOCKED)",
        "UPDATE preauthorisation SET next_sweep_ms = $1 WHERE id IN (SELECT id"
        " FROM preauthorisation WHERE next_sweep_ms > $1 FOR NO KEY UPDATE SKIP LOCKED)"};
    for (const char* sql : kUpdates) TOLLGATE_DO(session_.write(sql, now.ms));
    return Done{};
}

}  // namespace tollgate::ledger
