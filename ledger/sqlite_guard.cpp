#include "ledger/sqlite_guard.h"

#include <array>

#include "ledger/rows.h"

namespace tollgate::ledger {

Result<std::optional<Guard>> SqliteGuardReading::find() {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT since_ms, resumed_ms FROM guard"));
    TOLLGATE_TRY(const bool found, select->step());
    std::optional<Guard> guard;
    if (found) guard = Guard{.since = {select->integer(0)}, .resumed = optional_time(*select, 1)};
    select->again();
    return guard;
}

Result<Unsettled> SqliteGuardReading::unsettled(Timestamp resumed) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT (SELECT count(*) FROM payment WHERE created_ms < ?1"
                                 " AND status IN ('pending', 'unknown', 'closing')),"
                                 " (SELECT count(*) FROM refund WHERE created_ms < ?1"
                                 " AND status IN ('requested', 'processing', 'unknown')),"
                                 " (SELECT count(*) FROM preauthorisation WHERE created_ms < ?1"
                                 " AND status IN ('trying', 'frozen', 'confirming', 'cancelling')),"
                                 " (SELECT count(*) FROM difference WHERE status = 'open')"));
    select->bind(1, resumed.ms);
    TOLLGATE_DO(select->step());
    const Unsettled unsettled{.payments = select->integer(0),
                              .refunds = select->integer(1),
                              .preauthorisations = select->integer(2),
                              .differences = select->integer(3)};
    select->again();
    return unsettled;
}

Result<Done> SqliteGuardBooks::begin(Timestamp since) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO guard (id, since_ms) VALUES (1, ?)"
                                 " ON CONFLICT (id) DO UPDATE SET since_ms ="
                                 " min(since_ms, excluded.since_ms), resumed_ms = NULL"));
    insert->bind(1, since.ms);
    return insert->run();
}

Result<Done> SqliteGuardBooks::resume(Timestamp now) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE guard SET resumed_ms = ? WHERE resumed_ms IS NULL"));
    update->bind(1, now.ms);
    return update->run();
}

Result<Done> SqliteGuardBooks::end() {
    TOLLGATE_TRY(Statement* const remove, statements_.get("DELETE FROM guard"));
    return remove->run();
}

Result<Done> SqliteGuardBooks::hurry_unsettled(Timestamp now) {
    // Each goes by the index of what is due.
    constexpr std::array kUpdates{
        "UPDATE payment SET next_sweep_ms = ?1 WHERE next_sweep_ms > ?1"
        " AND status IN ('pending', 'unknown', 'closing')",
        "UPDATE refund SET next_sweep_ms = ?1 WHERE next_sweep_ms > ?1",
        "UPDATE preauthorisation SET next_sweep_ms = ?1 WHERE next_sweep_ms > ?1"};
    for (const char* sql : kUpdates) {
        TOLLGATE_TRY(Statement* const update, statements_.get(sql));
        update->bind(1, now.ms);
        TOLLGATE_DO(update->run());
    }
    return Done{};
}

}  // namespace tollgate::ledger
