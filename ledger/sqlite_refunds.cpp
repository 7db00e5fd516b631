#include "ledger/sqlite_refunds.h"

#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

std::string select_refunds(const char* condition) {
    return std::string("SELECT ") + kRefundColumns + " FROM refund WHERE " + condition;
}

int flag_of(bool yes) {
    return yes ? 1 : 0;
}

}  // namespace

Result<std::vector<Refund>> SqliteRefundReading::of(const Payment& payment) {
    static const std::string kSql = select_refunds("payment = ? ORDER BY id");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, payment.row);
    return read_all(*select, read_refund<Statement>);
}

Result<std::optional<Refund>> SqliteRefundReading::one(const Payment& payment,
                                                       std::string_view out_request_no) {
    static const std::string kSql = select_refunds("payment = ? AND out_request_no = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, payment.row).bind(2, out_request_no);
    return read_first(*select, read_refund<Statement>);
}

Result<std::optional<Refund>> SqliteRefundReading::by_row(RowId row) {
    static const std::string kSql = select_refunds("id = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, row);
    return read_first(*select, read_refund<Statement>);
}

Result<std::vector<Refund>> SqliteRefundReading::as_they_stand(const std::vector<RowId>& rows) {
    std::vector<Refund> found;
    for (const RowId row : rows) {
        TOLLGATE_TRY(auto one, by_row(row));
        if (one) found.push_back(*std::move(one));
    }
    return found;
}

Result<std::vector<TransitionRecord>> SqliteRefundReading::history_of(const Refund& refund) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT version, from_status, to_status, cause, cause_id,"
                                 " request_id, at_ms FROM refund_transition WHERE refund = ?"
                                 " ORDER BY version"));
    return read_transitions(*select, refund.row);
}

Result<Done> SqliteRefundBooks::add(Refund& refund, const Origin& origin) {
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO refund (refund_id, payment, out_request_no, status, version,"
                        " amount_fen, origin, reason, created_ms, updated_ms, next_sweep_ms,"
                        " refunded_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, refund.id).bind(2, refund.payment).bind(3, refund.out_request_no);
    insert->bind(4, name_of(refund.status)).bind(5, refund.version);
    insert->bind(6, refund.amount.fen()).bind(7, name_of(refund.origin)).bind(8, refund.reason);
    insert->bind(9, refund.created_at.ms).bind(10, refund.created_at.ms);
    insert->bind(11, ms_of(refund.next_sweep_at)).bind(12, ms_of(refund.refunded_at));
    TOLLGATE_DO(insert->run());
    refund.row = db_.last_row();
    return add_transition({.of = refund.row,
                           .version = refund.version,
                           .from = std::nullopt,
                           .to = name_of(refund.status),
                           .origin = origin,
                           .at = refund.created_at});
}

Result<Done> SqliteRefundBooks::change(Refund& refund, Refund next, const Origin& origin,
                                       Timestamp now) {
    const bool is_news = next.status != refund.status;
    next.row = refund.row;
    next.version = refund.version + (is_news ? 1 : 0);
    if (is_news) next.updated_at = now;
    TOLLGATE_TRY(
        Statement* const update,
        statements_.get("UPDATE refund SET status = ?, version = ?, updated_ms = ?,"
                        " next_sweep_ms = ?, calling_until_ms = ?, open_call = ?, ambiguous = ?,"
                        " attempts = ?, last_attempt_ms = ?, empty_queries = ?,"
                        " first_empty_ms = ?, query_next = ?, failure = ?, refunded_ms = ?,"
                        " deposit_back = ? WHERE id = ? AND version = ?"));
    update->bind(1, name_of(next.status)).bind(2, next.version).bind(3, next.updated_at.ms);
    update->bind(4, ms_of(next.next_sweep_at)).bind(5, ms_of(next.calling_until));
    update->bind(6, flag_of(next.proof.open_call)).bind(7, flag_of(next.proof.ambiguous));
    update->bind(8, next.proof.attempts).bind(9, ms_of(next.proof.last_attempt_at));
    update->bind(10, next.proof.empty_queries).bind(11, ms_of(next.proof.first_empty_at));
    update->bind(12, flag_of(next.proof.query_next)).bind(13, next.failure);
    update->bind(14, ms_of(next.refunded_at)).bind(15, next.deposit_back);
    update->bind(16, refund.row).bind(17, refund.version);
    TOLLGATE_DO(update->run());
    if (db_.changed_rows() != 1) {
        return Error(ErrorCode::stale_version, "the refund is no longer as it was read");
    }
    if (is_news) {
        TOLLGATE_DO(add_transition({.of = next.row,
                                    .version = next.version,
                                    .from = name_of(refund.status),
                                    .to = name_of(next.status),
                                    .origin = origin,
                                    .at = now}));
    }
    refund = std::move(next);
    return Done{};
}

Result<Done> SqliteRefundBooks::correct(const Refund& refund, std::string_view out_request_no,
                                        Money amount) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE refund SET out_request_no = ?, amount_fen = ?"
                                 " WHERE id = ? AND version = ? AND origin = 'cancel'"));
    update->bind(1, out_request_no).bind(2, amount.fen()).bind(3, refund.row);
    update->bind(4, refund.version);
    TOLLGATE_DO(update->run());
    if (db_.changed_rows() == 1) return Done{};
    return Error(ErrorCode::stale_version, "the refund is no longer as it was read");
}

Result<Done> SqliteRefundBooks::add_transition(const TransitionStep& step) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO refund_transition (refund, version, from_status,"
                                 " to_status, cause, cause_id, request_id, at_ms)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    return write_transition(*insert, step);
}

Result<std::vector<Refund>> SqliteRefundBooks::claim_due(Timestamp now, Timestamp until,
                                                         int limit) {
    static const std::string kSql = select_refunds(
        "next_sweep_ms <= ?1 AND (calling_until_ms IS NULL OR calling_until_ms <= ?1)"
        " ORDER BY next_sweep_ms LIMIT ?2");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, now.ms).bind(2, limit);
    TOLLGATE_TRY(auto refunds, read_all(*select, read_refund<Statement>));
    for (Refund& refund : refunds) {
        TOLLGATE_TRY(Statement* const lease,
                     statements_.get("UPDATE refund SET calling_until_ms = ? WHERE id = ?"));
        lease->bind(1, until.ms).bind(2, refund.row);
        TOLLGATE_DO(lease->run());
        refund.calling_until = until;
    }
    return refunds;
}

Result<Done> SqliteRefundBooks::report(const Payment& payment, std::string_view out_request_no,
                                       Timestamp now) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO refund_report (payment, out_request_no, reported_ms,"
                                 " next_sweep_ms) VALUES (?, ?, ?3, ?3)"
                                 " ON CONFLICT (payment, out_request_no)"
                                 // Told of again after it was given up: from the beginning.
                                 " DO UPDATE SET next_sweep_ms = ?3,"
                                 " reported_ms = iif(next_sweep_ms IS NULL, ?3, reported_ms),"
                                 " queries = iif(next_sweep_ms IS NULL, 0, queries)"));
    insert->bind(1, payment.row).bind(2, out_request_no).bind(3, now.ms);
    return insert->run();
}

Result<std::vector<RefundReport>> SqliteRefundBooks::claim_due_reports(Timestamp now,
                                                                       Timestamp until, int limit) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, payment, out_request_no, reported_ms, queries"
                                 " FROM refund_report WHERE next_sweep_ms <= ?1"
                                 " AND (calling_until_ms IS NULL OR calling_until_ms <= ?1)"
                                 " ORDER BY next_sweep_ms LIMIT ?2"));
    select->bind(1, now.ms).bind(2, limit);
    std::vector<RefundReport> reports;
    for (;;) {
        TOLLGATE_TRY(const bool row, select->step());
        if (!row) break;
        reports.push_back({.row = select->integer(0),
                           .payment = select->integer(1),
                           .out_request_no = select->text(2),
                           .reported_at = {select->integer(3)},
                           .queries = select->integer(4)});
    }
    for (const RefundReport& report : reports) {
        TOLLGATE_TRY(Statement* const lease,
                     statements_.get("UPDATE refund_report SET calling_until_ms = ? WHERE id = ?"));
        lease->bind(1, until.ms).bind(2, report.row);
        TOLLGATE_DO(lease->run());
    }
    return reports;
}

Result<Done> SqliteRefundBooks::asked(const RefundReport& report,
                                      std::optional<Timestamp> next_sweep_at) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE refund_report SET next_sweep_ms = ?,"
                                 " calling_until_ms = NULL, queries = queries + 1 WHERE id = ?"));
    update->bind(1, ms_of(next_sweep_at)).bind(2, report.row);
    return update->run();
}

}  // namespace tollgate::ledger
