#include "ledger/postgres_reconciliation.h"

#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kReconciliationColumns =
    "id, reconciliation_id, status, bill_sha256, runs, repaired, opened, summary, failure,"
    " started_ms, finished_ms";

std::string select_payment_lines(const char* condition) {
    return std::string("SELECT ") + kPaymentLineColumns + " FROM payment WHERE " + condition;
}
std::string select_refund_lines(const char* condition) {
    return std::string("SELECT ") + kRefundLineColumns +
           " FROM refund r JOIN payment p ON p.id = r.payment WHERE " + condition;
}

// The last line before a page.
struct PageStart {
    explicit PageStart(const Stretch& stretch) {
        if (stretch.after_at >= stretch.from) {
            at_ms = stretch.after_at.ms;
            row = stretch.after_row;
        } else {
            at_ms = stretch.from.ms - 1;
            row = INT64_MAX;
        }
    }
    std::int64_t at_ms = 0;
    RowId row = 0;
};

}  // namespace

Result<std::optional<Reconciliation>> PostgresReconciliationReading::find(const BillDay& day) {
    static const std::string kSql = std::string("SELECT ") + kReconciliationColumns +
                                    " FROM reconciliation WHERE seller_id = $1 AND bill_date = $2";
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), day.seller_id, day.date));
    if (rows.empty()) return std::optional<Reconciliation>();
    return std::optional(read_reconciliation(rows[0], day));
}

// Rows are in the order of time but for what several processes have taken at once.
Result<std::optional<Timestamp>> PostgresReconciliationReading::first_payment_at(
    std::string_view seller_id) {
    TOLLGATE_TRY(const auto rows, session_.query("SELECT min(created_ms) FROM ("
                                                 "SELECT created_ms FROM payment"
                                                 " WHERE seller_id = $1 ORDER BY id LIMIT 5000"
                                                 ") AS first",
                                                 seller_id));
    if (rows.empty() || rows[0].is_null(0)) return std::optional<Timestamp>();
    return std::optional(Timestamp{rows[0].integer(0)});
}

Result<std::vector<PaymentLine>> PostgresReconciliationReading::payments_paid(
    const Stretch& stretch) {
    static const std::string kSql = select_payment_lines(
        "seller_id = $1 AND paid_ms < $2 AND (paid_ms, id) > ($3, $4)"
        " ORDER BY paid_ms, id LIMIT $5");
    const PageStart start(stretch);
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), stretch.seller_id, stretch.to.ms,
                                                 start.at_ms, start.row, stretch.limit));
    return read_all(rows, read_payment_line<PostgresRow>);
}

Result<std::optional<PaymentLine>> PostgresReconciliationReading::payment_of(
    std::string_view seller_id, std::string_view out_trade_no) {
    static const std::string kSql = select_payment_lines("seller_id = $1 AND out_trade_no = $2");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), seller_id, out_trade_no));
    return read_first(rows, read_payment_line<PostgresRow>);
}

Result<std::optional<PaymentLine>> PostgresReconciliationReading::payment_by_row(RowId payment) {
    static const std::string kSql = select_payment_lines("id = $1");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), payment));
    return read_first(rows, read_payment_line<PostgresRow>);
}

Result<std::vector<RefundLine>> PostgresReconciliationReading::refunds_succeeded(
    const Stretch& stretch) {
    static const std::string kSql = select_refund_lines(
        "r.status = 'succeeded' AND COALESCE(r.refunded_ms, r.updated_ms) < $1"
        " AND (COALESCE(r.refunded_ms, r.updated_ms), r.id) > ($2, $3) AND p.seller_id = $4"
        " ORDER BY COALESCE(r.refunded_ms, r.updated_ms), r.id LIMIT $5");
    const PageStart start(stretch);
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), stretch.to.ms, start.at_ms,
                                                 start.row, stretch.seller_id, stretch.limit));
    return read_all(rows, read_refund_line<PostgresRow>);
}

Result<std::vector<RefundLine>> PostgresReconciliationReading::refunds_of(RowId payment) {
    static const std::string kSql = select_refund_lines("r.payment = $1 ORDER BY r.id");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), payment));
    return read_all(rows, read_refund_line<PostgresRow>);
}

Result<std::optional<DayBoundary>> PostgresReconciliationReading::boundary(RowId payment,
                                                                           RowId refund) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT payment, refund, seller_id, ledger_date, bill_date, status"
                                " FROM day_boundary WHERE payment = $1 AND refund = $2",
                                payment, refund));
    return read_first(rows, read_boundary<PostgresRow>);
}

Result<std::vector<DayBoundary>> PostgresReconciliationReading::boundaries_kept(
    const BillDay& ledger_day) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT payment, refund, seller_id, ledger_date, bill_date, status"
                                " FROM day_boundary WHERE seller_id = $1 AND ledger_date = $2"
                                " AND status = 'kept' ORDER BY id",
                                ledger_day.seller_id, ledger_day.date));
    return read_all(rows, read_boundary<PostgresRow>);
}

Result<ReconciliationReading::Known> PostgresReconciliationReading::difference_known(
    std::string_view app, std::string_view trade_no, const std::vector<std::string_view>& classes) {
    const std::vector<std::string> wanted(classes.begin(), classes.end());
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT bool_or(status = 'open') FROM difference WHERE app = $1"
                                " AND trade_no = $2 AND class = ANY ($3::text[])",
                                app, trade_no, PostgresValue::array(wanted)));
    if (rows.empty() || rows[0].is_null(0)) return Known::none;
    return rows[0].view(0) == "t" ? Known::open : Known::settled;
}

Result<bool> PostgresReconciliationBooks::take_turn(const BillDay& day, Timestamp now,
                                                    Timestamp until) {
    TOLLGATE_TRY(const auto taken,
                 session_.write_now("INSERT INTO reconciliation_turn AS old (seller_id, bill_date,"
                                    " holder, until_ms) VALUES ($1, $2, $3, $4)"
                                    " ON CONFLICT (seller_id, bill_date) DO UPDATE SET"
                                    " holder = excluded.holder, until_ms = excluded.until_ms"
                                    " WHERE old.until_ms <= $5 OR old.holder = excluded.holder",
                                    day.seller_id, day.date, session_.writer(), until.ms, now.ms));
    return taken.changed() == 1;
}

Result<Done> PostgresReconciliationBooks::begin(Reconciliation& reconciliation) {
    static const std::string kSql =
        std::string(
            "INSERT INTO reconciliation AS old (reconciliation_id, seller_id, bill_date, status,"
            " bill_sha256, runs, started_ms) VALUES ($1, $2, $3, 'running', $4, 1, $5)"
            " ON CONFLICT (seller_id, bill_date) DO UPDATE SET status = 'running',"
            " bill_sha256 = excluded.bill_sha256, runs = old.runs + 1, failure = NULL,"
            " started_ms = excluded.started_ms, finished_ms = NULL RETURNING ") +
        kReconciliationColumns;
    TOLLGATE_TRY(const auto rows,
                 session_.write_now(kSql.c_str(), reconciliation.id, reconciliation.day.seller_id,
                                    reconciliation.day.date, reconciliation.bill_sha256,
                                    reconciliation.started_at.ms));
    if (rows.empty()) return Error(ErrorCode::internal, "a reconciliation was not written");
    reconciliation = read_reconciliation(rows[0], reconciliation.day);
    return Done{};
}

Result<Done> PostgresReconciliationBooks::count(const Reconciliation& reconciliation,
                                                std::int64_t repaired, std::int64_t opened) {
    return session_.write(
        "UPDATE reconciliation SET repaired = repaired + $1, opened = opened + $2 WHERE id = $3",
        repaired, opened, reconciliation.row);
}

Result<Done> PostgresReconciliationBooks::finish(const Reconciliation& reconciliation) {
    return session_.write(
        "UPDATE reconciliation SET status = $1, summary = $2, failure = $3, finished_ms = $4"
        " WHERE id = $5",
        name_of(reconciliation.status), reconciliation.summary, reconciliation.failure,
        ms_of(reconciliation.finished_at), reconciliation.row);
}

Result<Done> PostgresReconciliationBooks::set_boundary(const DayBoundary& boundary) {
    return session_.write(
        "INSERT INTO day_boundary (payment, refund, seller_id, ledger_date, bill_date, status)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (payment, refund) DO UPDATE SET"
        " bill_date = excluded.bill_date, status = excluded.status",
        boundary.payment, boundary.refund, boundary.ledger_day.seller_id, boundary.ledger_day.date,
        boundary.bill_date, name_of(boundary.status));
}

}  // namespace tollgate::ledger
