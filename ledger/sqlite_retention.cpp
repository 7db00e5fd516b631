#include "ledger/sqlite_retention.h"

#include <vector>

namespace tollgate::ledger {
namespace {

// What a step looks at: rows in the order of their time.
struct Candidates {
    std::vector<RowId> rows;  // Old, and not wanted any more.
    RowId next = 0;
};

// `select` gives a row's number, its time, and whether it is still wanted.
Result<Candidates> candidates(Statement& select, Timestamp before, int limit) {
    Candidates found;
    RowId last = 0;
    for (int seen = 0;; ++seen) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) {
            if (seen == limit) found.next = last;
            break;
        }
        if (select.integer(1) >= before.ms) break;
        last = select.integer(0);
        if (select.integer(2) == 0) found.rows.push_back(last);
    }
    select.again();  // Ends the read.
    return found;
}

}  // namespace

Result<RetentionStep> SqliteRetentionBooks::drop_bodies(Timestamp before, RowId after, int limit) {
    TOLLGATE_TRY(
        Statement* const select,
        statements_.get("SELECT notification, received_ms, EXISTS (SELECT 1 FROM difference"
                        " WHERE difference.notification = notification_body.notification"
                        " AND difference.status = 'open') FROM notification_body"
                        " WHERE notification > ? ORDER BY notification LIMIT ?"));
    select->bind(1, after).bind(2, limit);
    TOLLGATE_TRY(const auto old, candidates(*select, before, limit));
    TOLLGATE_TRY(Statement* const drop,
                 statements_.get("DELETE FROM notification_body WHERE notification = ?"));
    for (const RowId row : old.rows) TOLLGATE_DO(drop->again().bind(1, row).run());
    return RetentionStep{.removed = static_cast<std::int64_t>(old.rows.size()), .next = old.next};
}

// The last one stays, whatever its age: the next event's number is one more than the highest.
Result<RetentionStep> SqliteRetentionBooks::drop_events(Timestamp before, RowId after, int limit) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, created_ms, EXISTS (SELECT 1 FROM endpoint CROSS JOIN"
                                 " delivery ON delivery.id = endpoint.id * 1099511627776 + event.id"
                                 " WHERE delivery.status = 'pending') FROM event WHERE id > ?"
                                 " AND id < (SELECT last FROM publication) ORDER BY id LIMIT ?"));
    select->bind(1, after).bind(2, limit);
    TOLLGATE_TRY(const auto old, candidates(*select, before, limit));
    for (const RowId event : old.rows) TOLLGATE_DO(drop_event(event));
    if (!old.rows.empty()) {
        TOLLGATE_TRY(Statement* const note,
                     statements_.get("UPDATE removed_events SET last = max(last, ?)"));
        TOLLGATE_DO(note->bind(1, old.rows.back()).run());
    }
    return RetentionStep{.removed = static_cast<std::int64_t>(old.rows.size()), .next = old.next};
}

Result<Done> SqliteRetentionBooks::drop_event(RowId event) {
    for (const char* const sql :
         {"DELETE FROM attempt WHERE delivery IN"
          " (SELECT id * 1099511627776 + ? FROM endpoint)",
          "DELETE FROM delivery WHERE id IN (SELECT id * 1099511627776 + ? FROM endpoint)",
          "DELETE FROM event WHERE id = ?"}) {
        TOLLGATE_TRY(Statement* const drop, statements_.get(sql));
        TOLLGATE_DO(drop->bind(1, event).run());
    }
    return Done{};
}

}  // namespace tollgate::ledger
