#include "ledger/sqlite_reconciliation.h"

#include <limits>

#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

std::string select_payment_lines(const char* condition) {
    return std::string("SELECT ") + kPaymentLineColumns + " FROM payment WHERE " + condition;
}
std::string select_refund_lines(const char* condition) {
    // CROSS: in this order, else every page begins with all of a merchant's payments.
    return std::string("SELECT ") + kRefundLineColumns +
           " FROM refund r CROSS JOIN payment p ON p.id = r.payment WHERE " + condition;
}

// The last line before a page. The stretch's start is no condition of its own: with two lower
// bounds the engine may search by the wrong one and read every page from the first line on.
struct PageStart {
    std::int64_t at_ms = 0;
    RowId row = 0;
};
PageStart page_start(const Stretch& stretch) {
    if (stretch.after_at >= stretch.from) return {stretch.after_at.ms, stretch.after_row};
    return {stretch.from.ms - 1, std::numeric_limits<RowId>::max()};
}

}  // namespace

Result<std::optional<Reconciliation>> SqliteReconciliationReading::find(const BillDay& day) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, reconciliation_id, status, bill_sha256, runs,"
                                 " repaired, opened, summary, failure, started_ms, finished_ms"
                                 " FROM reconciliation WHERE seller_id = ? AND bill_date = ?"));
    select->bind(1, day.seller_id).bind(2, day.date);
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return std::optional<Reconciliation>();
    auto reconciliation = read_reconciliation(*select, day);
    select->again();
    return std::optional(std::move(reconciliation));
}

Result<std::optional<Timestamp>> SqliteReconciliationReading::first_payment_at(
    std::string_view seller_id) {
    // Its number first: without one the search for the oldest would read every payment.
    TOLLGATE_TRY(Statement* const any,
                 statements_.get("SELECT 1 FROM payment WHERE seller_id = ? LIMIT 1"));
    any->bind(1, seller_id);
    TOLLGATE_TRY(const bool found, any->step());
    any->again();
    if (!found) return std::optional<Timestamp>();
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT created_ms FROM payment WHERE +seller_id = ?"
                                 " ORDER BY id LIMIT 1"));
    select->bind(1, seller_id);
    TOLLGATE_TRY(const bool row, select->step());
    if (!row) return std::optional<Timestamp>();
    const Timestamp first{select->integer(0)};
    select->again();
    return std::optional(first);
}

Result<std::vector<PaymentLine>> SqliteReconciliationReading::payments_paid(
    const Stretch& stretch) {
    static const std::string kSql = select_payment_lines(
        "seller_id = ? AND paid_ms < ? AND (paid_ms, id) > (?, ?) ORDER BY paid_ms, id LIMIT ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    const PageStart start = page_start(stretch);
    select->bind(1, stretch.seller_id).bind(2, stretch.to.ms);
    select->bind(3, start.at_ms).bind(4, start.row).bind(5, stretch.limit);
    return read_all(*select, read_payment_line<Statement>);
}

Result<std::optional<PaymentLine>> SqliteReconciliationReading::payment_of(
    std::string_view seller_id, std::string_view out_trade_no) {
    static const std::string kSql = select_payment_lines("seller_id = ? AND out_trade_no = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, seller_id).bind(2, out_trade_no);
    return read_first(*select, read_payment_line<Statement>);
}

Result<std::optional<PaymentLine>> SqliteReconciliationReading::payment_by_row(RowId payment) {
    static const std::string kSql = select_payment_lines("id = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, payment);
    return read_first(*select, read_payment_line<Statement>);
}

Result<std::vector<RefundLine>> SqliteReconciliationReading::refunds_succeeded(
    const Stretch& stretch) {
    static const std::string kSql = select_refund_lines(
        "r.status = 'succeeded' AND COALESCE(r.refunded_ms, r.updated_ms) < ?1"
        // The index is searched by this; an expression in a row value is only compared.
        " AND COALESCE(r.refunded_ms, r.updated_ms) >= ?2"
        " AND (COALESCE(r.refunded_ms, r.updated_ms), r.id) > (?2, ?3) AND p.seller_id = ?4"
        " ORDER BY COALESCE(r.refunded_ms, r.updated_ms), r.id LIMIT ?5");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    const PageStart start = page_start(stretch);
    select->bind(1, stretch.to.ms).bind(2, start.at_ms).bind(3, start.row);
    select->bind(4, stretch.seller_id).bind(5, stretch.limit);
    return read_all(*select, read_refund_line<Statement>);
}

Result<std::vector<RefundLine>> SqliteReconciliationReading::refunds_of(RowId payment) {
    static const std::string kSql = select_refund_lines("r.payment = ? ORDER BY r.id");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, payment);
    return read_all(*select, read_refund_line<Statement>);
}

Result<std::optional<DayBoundary>> SqliteReconciliationReading::boundary(RowId payment,
                                                                         RowId refund) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT payment, refund, seller_id, ledger_date, bill_date, status"
                                 " FROM day_boundary WHERE payment = ? AND refund = ?"));
    select->bind(1, payment).bind(2, refund);
    return read_first(*select, read_boundary<Statement>);
}

Result<std::vector<DayBoundary>> SqliteReconciliationReading::boundaries_kept(
    const BillDay& ledger_day) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT payment, refund, seller_id, ledger_date, bill_date, status"
                                 " FROM day_boundary WHERE seller_id = ? AND ledger_date = ?"
                                 " AND status = 'kept' ORDER BY id"));
    select->bind(1, ledger_day.seller_id).bind(2, ledger_day.date);
    return read_all(*select, read_boundary<Statement>);
}

Result<ReconciliationReading::Known> SqliteReconciliationReading::difference_known(
    std::string_view app, std::string_view trade_no, const std::vector<std::string_view>& classes) {
    Known known = Known::none;
    for (const std::string_view difference_class : classes) {
        TOLLGATE_TRY(Statement* const select,
                     statements_.get("SELECT status = 'open' FROM difference WHERE app = ?"
                                     " AND trade_no = ? AND class = ?"));
        select->bind(1, app).bind(2, trade_no).bind(3, difference_class);
        TOLLGATE_TRY(const bool found, select->step());
        if (found) known = select->integer(0) != 0 ? Known::open : Known::settled;
        select->again();
        if (known == Known::open) break;
    }
    return known;
}

Result<Done> SqliteReconciliationBooks::begin(Reconciliation& reconciliation) {
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO reconciliation (reconciliation_id, seller_id, bill_date,"
                        " status, bill_sha256, runs, started_ms) VALUES (?, ?, ?, 'running', ?,"
                        " 1, ?) ON CONFLICT (seller_id, bill_date) DO UPDATE SET"
                        " status = 'running', bill_sha256 = excluded.bill_sha256,"
                        " runs = runs + 1, failure = NULL, started_ms = excluded.started_ms,"
                        " finished_ms = NULL"));
    insert->bind(1, reconciliation.id).bind(2, reconciliation.day.seller_id);
    insert->bind(3, reconciliation.day.date).bind(4, reconciliation.bill_sha256);
    insert->bind(5, reconciliation.started_at.ms);
    TOLLGATE_DO(insert->run());
    SqliteReconciliationReading reading(statements_);
    TOLLGATE_TRY(auto found, reading.find(reconciliation.day));
    if (!found) return Error(ErrorCode::internal, "a reconciliation was written and is not there");
    reconciliation = *std::move(found);
    return Done{};
}

Result<Done> SqliteReconciliationBooks::count(const Reconciliation& reconciliation,
                                              std::int64_t repaired, std::int64_t opened) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE reconciliation SET repaired = repaired + ?,"
                                 " opened = opened + ? WHERE id = ?"));
    update->bind(1, repaired).bind(2, opened).bind(3, reconciliation.row);
    return update->run();
}

Result<Done> SqliteReconciliationBooks::finish(const Reconciliation& reconciliation) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE reconciliation SET status = ?, summary = ?, failure = ?,"
                                 " finished_ms = ? WHERE id = ?"));
    update->bind(1, name_of(reconciliation.status)).bind(2, reconciliation.summary);
    update->bind(3, reconciliation.failure).bind(4, ms_of(reconciliation.finished_at));
    update->bind(5, reconciliation.row);
    return update->run();
}

Result<Done> SqliteReconciliationBooks::set_boundary(const DayBoundary& boundary) {
    TOLLGATE_TRY(Statement* const write,
                 statements_.get("INSERT INTO day_boundary (payment, refund, seller_id,"
                                 " ledger_date, bill_date, status) VALUES (?, ?, ?, ?, ?, ?)"
                                 " ON CONFLICT (payment, refund) DO UPDATE SET"
                                 " bill_date = excluded.bill_date, status = excluded.status"));
    write->bind(1, boundary.payment).bind(2, boundary.refund);
    write->bind(3, boundary.ledger_day.seller_id).bind(4, boundary.ledger_day.date);
    write->bind(5, boundary.bill_date).bind(6, name_of(boundary.status));
    return write->run();
}

}  // namespace tollgate::ledger
