#include "ledger/postgres_refunds.h"

#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kRefund = "refund";
constexpr const char* kInsertTransition =
    "INSERT INTO refund_transition (refund, version, from_status, to_status, cause, cause_id,"
    " request_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

std::string select_refunds(const char* condition) {
    return std::string("SELECT ") + kRefundColumns + " FROM refund WHERE " + condition;
}

int flag_of(bool yes) {
    return yes ? 1 : 0;
}

}  // namespace

Result<std::vector<Refund>> PostgresRefundReading::of(const Payment& payment) {
    static const std::string kSql = select_refunds("payment = $1 ORDER BY id");
    if (!session_.in_transaction()) {
        TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), payment.row));
        return read_all(rows, read_refund<PostgresRow>);
    }
    // In two: what is read after the lock was waited for is what the one before has left.
    const char* const lock_payment =
        session_.locking("SELECT 1 FROM payment WHERE id = $1", "payment");
    TOLLGATE_TRY(const auto found,
                 session_.query_all({{lock_payment, {payment.row}},
                                     {session_.locking(kSql.c_str(), kRefund), {payment.row}}}));
    return read_all(found[1], read_refund<PostgresRow>);
}

Result<std::optional<Refund>> PostgresRefundReading::one(const Payment& payment,
                                                         std::string_view out_request_no) {
    static const std::string kSql = select_refunds("payment = $1 AND out_request_no = $2");
    TOLLGATE_TRY(const auto rows,
                 session_.query_locked(kSql.c_str(), kRefund, payment.row, out_request_no));
    return read_first(rows, read_refund<PostgresRow>);
}

Result<std::optional<Refund>> PostgresRefundReading::by_row(RowId row) {
    static const std::string kSql = select_refunds("id = $1");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kRefund, row));
    return read_first(rows, read_refund<PostgresRow>);
}

Result<std::vector<Refund>> PostgresRefundReading::as_they_stand(const std::vector<RowId>& rows) {
    static const std::string kSql = select_refunds("id = ANY ($1::bigint[]) ORDER BY id");
    TOLLGATE_TRY(const auto found, session_.query(kSql.c_str(), PostgresValue::array(rows)));
    return read_all(found, read_refund<PostgresRow>);
}

Result<std::vector<TransitionRecord>> PostgresRefundReading::history_of(const Refund& refund) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT version, from_status, to_status, cause, cause_id,"
                                " request_id, at_ms FROM refund_transition WHERE refund = $1"
                                " ORDER BY version",
                                refund.row));
    return read_all(rows, read_transition<PostgresRow>);
}

Result<Done> PostgresRefundBooks::add(Refund& refund, const Origin& origin) {
    TOLLGATE_TRY(const auto added,
                 session_.write_now(
                     "INSERT INTO refund (refund_id, payment, out_request_no, status, version,"
                     " amount_fen, origin, reason, created_ms, updated_ms, next_sweep_ms,"
                     " refunded_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)"
                     " ON CONFLICT DO NOTHING RETURNING id",
                     refund.id, refund.payment, refund.out_request_no, name_of(refund.status),
                     refund.version, refund.amount.fen(), name_of(refund.origin), refund.reason,
                     refund.created_at.ms, ms_of(refund.next_sweep_at), ms_of(refund.refunded_at)));
    if (added.empty()) return session_.taken("the refund's number is taken");
    refund.row = added[0].integer(0);
    return session_.write(kInsertTransition, refund.row, refund.version,
                          std::optional<std::string>(), name_of(refund.status),
                          name_of(origin.cause), origin.cause_id, origin.request_id,
                          refund.created_at.ms);
}

Result<Done> PostgresRefundBooks::change(Refund& refund, Refund next, const Origin& origin,
                                         Timestamp now) {
    const bool is_news = next.status != refund.status;
    next.row = refund.row;
    next.version = refund.version + (is_news ? 1 : 0);
    if (is_news) next.updated_at = now;
    TOLLGATE_DO(session_.change_one(
        "UPDATE refund SET status = $1, version = $2, updated_ms = $3, next_sweep_ms = $4,"
        " calling_until_ms = $5, open_call = $6, ambiguous = $7, attempts = $8,"
        " last_attempt_ms = $9, empty_queries = $10, first_empty_ms = $11, query_next = $12,"
        " failure = $13, refunded_ms = $14, deposit_back = $15 WHERE id = $16 AND version = $17",
        name_of(next.status), next.version, next.updated_at.ms, ms_of(next.next_sweep_at),
        ms_of(next.calling_until), flag_of(next.proof.open_call), flag_of(next.proof.ambiguous),
        next.proof.attempts, ms_of(next.proof.last_attempt_at), next.proof.empty_queries,
        ms_of(next.proof.first_empty_at), flag_of(next.proof.query_next), next.failure,
        ms_of(next.refunded_at), next.deposit_back, refund.row, refund.version));
    if (is_news) {
        TOLLGATE_DO(session_.write(
            kInsertTransition, next.row, next.version, name_of(refund.status), name_of(next.status),
            name_of(origin.cause), origin.cause_id, origin.request_id, now.ms));
    }
    refund = std::move(next);
    return Done{};
}

Result<Done> PostgresRefundBooks::correct(const Refund& refund, std::string_view out_request_no,
                                          Money amount) {
    return session_.change_one(
        "UPDATE refund SET out_request_no = $1, amount_fen = $2"
        " WHERE id = $3 AND version = $4 AND origin = 'cancel'",
        out_request_no, amount.fen(), refund.row, refund.version);
}

Result<std::vector<Refund>> PostgresRefundBooks::claim_due(Timestamp now, Timestamp until,
                                                           int limit) {
    static const std::string kSql =
        std::string(
            "WITH due AS MATERIALIZED (SELECT id AS due_id, next_sweep_ms AS due_ms FROM refund"
            " WHERE next_sweep_ms <= $1 AND (calling_until_ms IS NULL OR calling_until_ms <= $1)"
            " ORDER BY next_sweep_ms LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),"
            " taken AS (UPDATE refund SET calling_until_ms = $2 FROM due WHERE id = due_id"
            " RETURNING refund.*, due_ms) SELECT ") +
        kRefundColumns + " FROM taken ORDER BY due_ms, id";
    TOLLGATE_TRY(const auto rows, session_.write_now(kSql.c_str(), now.ms, until.ms, limit));
    return read_all(rows, read_refund<PostgresRow>);
}

Result<Done> PostgresRefundBooks::report(const Payment& payment, std::string_view out_request_no,
                                         Timestamp now) {
    return session_.write(
        "INSERT INTO refund_report AS old (payment, out_request_no, reported_ms, next_sweep_ms)"
        " VALUES ($1, $2, $3, $3) ON CONFLICT (payment, out_request_no)"
        // Told of again after it was given up: from the beginning.
        " DO UPDATE SET next_sweep_ms = excluded.next_sweep_ms, reported_ms ="
        " CASE WHEN old.next_sweep_ms IS NULL THEN excluded.reported_ms ELSE old.reported_ms END,"
        " queries = CASE WHEN old.next_sweep_ms IS NULL THEN 0 ELSE old.queries END",
        payment.row, out_request_no, now.ms);
}

Result<std::vector<RefundReport>> PostgresRefundBooks::claim_due_reports(Timestamp now,
                                                                         Timestamp until,
                                                                         int limit) {
    TOLLGATE_TRY(
        const auto rows,
        session_.write_now(
            "WITH due AS MATERIALIZED (SELECT id AS due_id, next_sweep_ms AS due_ms"
            " FROM refund_report WHERE next_sweep_ms <= $1"
            " AND (calling_until_ms IS NULL OR calling_until_ms <= $1)"
            " ORDER BY next_sweep_ms LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),"
            " taken AS (UPDATE refund_report SET calling_until_ms = $2 FROM due WHERE id = due_id"
            " RETURNING refund_report.*, due_ms) SELECT id, payment, out_request_no, reported_ms,"
            " queries FROM taken ORDER BY due_ms, id",
            now.ms, until.ms, limit));
    std::vector<RefundReport> reports;
    for (int i = 0; i < rows.size(); ++i) {
        const PostgresRow row = rows[i];
        reports.push_back({.row = row.integer(0),
                           .payment = row.integer(1),
                           .out_request_no = row.text(2),
                           .reported_at = {row.integer(3)},
                           .queries = row.integer(4)});
    }
    return reports;
}

Result<Done> PostgresRefundBooks::asked(const RefundReport& report,
                                        std::optional<Timestamp> next_sweep_at) {
    return session_.write(
        "UPDATE refund_report SET next_sweep_ms = $1, calling_until_ms = NULL,"
        " queries = queries + 1 WHERE id = $2",
        ms_of(next_sweep_at), report.row);
}

}  // namespace tollgate::ledger
