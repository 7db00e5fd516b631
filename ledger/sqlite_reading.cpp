#include "ledger/sqlite_reading.h"

#include "base/check.h"
#include "ledger/sqlite_rows.h"
#include "ledger/sqlite_transitions.h"

namespace tollgate::ledger {
namespace {

std::string select_payments(const char* condition) {
    return std::string("SELECT ") + kPaymentColumns + " FROM payment WHERE " + condition;
}

const std::string& payment_by_id_sql() {
    static const std::string kSql = select_payments("payment_id = ?");
    return kSql;
}
const std::string& by_number_sql() {
    static const std::string kSql = select_payments("app = ? AND out_trade_no = ?");
    return kSql;
}
const std::string& by_trade_no_sql() {
    static const std::string kSql = select_payments("trade_no = ?");
    return kSql;
}
const std::string& by_order_sql() {
    static const std::string kSql =
        select_payments("app = ? AND order_no = ? ORDER BY id DESC LIMIT ?");
    return kSql;
}

const std::string& by_row_sql() {
    static const std::string kSql = select_payments("id = ?");
    return kSql;
}
const std::string& due_sql() {
    static const std::string kSql = select_payments(
        "next_sweep_ms <= ?1 AND held = 0"
        " AND (calling_until_ms IS NULL OR calling_until_ms <= ?1)"
        " ORDER BY next_sweep_ms LIMIT ?2");
    return kSql;
}

}  // namespace

Result<std::optional<Payment>> SqliteReading::payment_by_row(RowId row) {
    TOLLGATE_TRY(Statement* const select, statements_.get(by_row_sql().c_str()));
    select->bind(1, row);
    return read_first(*select, read_payment<Statement>);
}

Result<std::vector<Payment>> SqliteReading::due_payments(Timestamp now, int limit) {
    TOLLGATE_TRY(Statement* const select, statements_.get(due_sql().c_str()));
    select->bind(1, now.ms).bind(2, limit);
    return read_all(*select, read_payment<Statement>);
}

Result<std::optional<Payment>> SqliteReading::payment_by_id(std::string_view id) {
    TOLLGATE_TRY(Statement* const select, statements_.get(payment_by_id_sql().c_str()));
    select->bind(1, id);
    return read_first(*select, read_payment<Statement>);
}

Result<std::optional<Payment>> SqliteReading::payment_by_number(std::string_view app,
                                                                std::string_view out_trade_no) {
    TOLLGATE_TRY(Statement* const select, statements_.get(by_number_sql().c_str()));
    select->bind(1, app).bind(2, out_trade_no);
    return read_first(*select, read_payment<Statement>);
}

Result<std::optional<Payment>> SqliteReading::payment_by_trade_no(std::string_view trade_no) {
    TOLLGATE_TRY(Statement* const select, statements_.get(by_trade_no_sql().c_str()));
    select->bind(1, trade_no);
    return read_first(*select, read_payment<Statement>);
}

Result<std::vector<Payment>> SqliteReading::payments_of_order(std::string_view app,
                                                              std::string_view order, int limit) {
    TOLLGATE_TRY(Statement* const select, statements_.get(by_order_sql().c_str()));
    select->bind(1, app).bind(2, order).bind(3, limit);
    return read_all(*select, read_payment<Statement>);
}

Result<PaymentRequest> SqliteReading::request_of(const Payment& payment) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT fingerprint, return_url, action FROM payment_request"
                                 " WHERE payment = ?"));
    select->bind(1, payment.row);
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return Error(ErrorCode::data_corruption, "a payment has no request");
    PaymentRequest request{.fingerprint = select->text(0),
                           .return_url = select->optional_text(1),
                           .action = select->optional_text(2)};
    select->again();
    return request;
}

Result<std::vector<TransitionRecord>> SqliteReading::history_of(const Payment& payment) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT version, from_status, to_status, cause, cause_id,"
                                 " request_id, at_ms FROM transition WHERE payment = ?"
                                 " ORDER BY version"));
    return read_transitions(*select, payment.row);
}

Result<std::optional<SeenNotification>> SqliteReading::notification(const NotificationKey& key) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, verdict FROM notification WHERE app = ?"
                                 " AND coalesce(out_trade_no, '') = ? AND notify_id = ?"));
    select->bind(1, key.app).bind(2, key.out_trade_no).bind(3, key.notify_id);
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return std::optional<SeenNotification>();
    SeenNotification seen{.row = select->integer(0)};
    for (const Verdict verdict :
         {Verdict::accepted, Verdict::stale, Verdict::ignored, Verdict::rejected}) {
        if (name_of(verdict) == select->view(1)) seen.verdict = verdict;
    }
    select->again();
    return std::optional(seen);
}

Result<std::optional<IdempotencyRecord>> SqliteReading::idempotency(std::string_view caller,
                                                                    std::string_view key) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT fingerprint, running_until_ms, status, headers, body,"
                                 " expires_ms FROM idempotency WHERE caller = ? AND key = ?"));
    select->bind(1, caller).bind(2, key);
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return std::optional<IdempotencyRecord>();
    IdempotencyRecord record{.caller = std::string(caller),
                             .key = std::string(key),
                             .fingerprint = select->text(0),
                             .running_until = optional_time(*select, 1),
                             .status = select->optional_integer(2),
                             .headers = select->text(3),
                             .body = select->text(4),
                             .expires_at = {select->integer(5)}};
    select->again();
    return std::optional(std::move(record));
}

}  // namespace tollgate::ledger
