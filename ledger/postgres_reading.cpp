#include "ledger/postgres_reading.h"

#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kPayment = "payment";

std::string select_payments(const char* condition) {
    return std::string("SELECT ") + kPaymentColumns + " FROM payment WHERE " + condition;
}

std::string select_differences(const char* condition) {
    return std::string("SELECT ") + kDifferenceColumns +
           " FROM difference d LEFT JOIN payment p ON p.id = d.payment WHERE " + condition;
}

std::optional<Verdict> verdict_from(std::string_view name) {
    for (const Verdict verdict :
         {Verdict::accepted, Verdict::stale, Verdict::ignored, Verdict::rejected}) {
        if (name_of(verdict) == name) return verdict;
    }
    return std::nullopt;
}

}  // namespace

Result<std::optional<Payment>> PostgresReading::payment_by_row(RowId row) {
    static const std::string kSql = select_payments("id = $1");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPayment, row));
    return read_first(rows, read_payment<PostgresRow>);
}

Result<std::optional<Payment>> PostgresReading::payment_by_id(std::string_view id) {
    static const std::string kSql = select_payments("payment_id = $1");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPayment, id));
    return read_first(rows, read_payment<PostgresRow>);
}

Result<std::optional<Payment>> PostgresReading::payment_by_number(std::string_view app,
                                                                  std::string_view out_trade_no) {
    const auto known = ahead_.payments.find({std::string(app), std::string(out_trade_no)});
    if (known != ahead_.payments.end()) return known->second;
    static const std::string kSql = select_payments("app = $1 AND out_trade_no = $2");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPayment, app, out_trade_no));
    return read_first(rows, read_payment<PostgresRow>);
}

Result<std::optional<Payment>> PostgresReading::payment_by_trade_no(std::string_view trade_no) {
    const auto known = ahead_.trade_nos.find(std::string(trade_no));
    if (known != ahead_.trade_nos.end()) return known->second;
    static const std::string kSql = select_payments("trade_no = $1");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPayment, trade_no));
    return read_first(rows, read_payment<PostgresRow>);
}

// Locked, too, where a unit asks: whether another payment of the order is paid must still be true
// when the unit commits.
Result<std::vector<Payment>> PostgresReading::payments_of_order(std::string_view app,
                                                                std::string_view order, int limit) {
    static const std::string kSql =
        select_payments("app = $1 AND order_no = $2 ORDER BY created_ms DESC, id DESC LIMIT $3");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPayment, app, order, limit));
    return read_all(rows, read_payment<PostgresRow>);
}

Result<PaymentRequest> PostgresReading::request_of(const Payment& payment) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT fingerprint, return_url, action FROM payment_request"
                                " WHERE payment = $1",
                                payment.row));
    if (rows.empty()) return Error(ErrorCode::data_corruption, "a payment has no request");
    return PaymentRequest{.fingerprint = rows[0].text(0),
                          .return_url = rows[0].optional_text(1),
                          .action = rows[0].optional_text(2)};
}

Result<std::vector<TransitionRecord>> PostgresReading::history_of(const Payment& payment) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT version, from_status, to_status, cause, cause_id,"
                                " request_id, at_ms FROM transition WHERE payment = $1"
                                " ORDER BY version",
                                payment.row));
    return read_all(rows, read_transition<PostgresRow>);
}

Result<std::optional<SeenNotification>> PostgresReading::notification(const NotificationKey& key) {
    const auto known = ahead_.notifications.find(key);
    if (known != ahead_.notifications.end()) return known->second;
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT id, verdict FROM notification WHERE app = $1"
                                " AND coalesce(out_trade_no, '') = $2 AND notify_id = $3",
                                key.app, key.out_trade_no, key.notify_id));
    if (rows.empty()) return std::optional<SeenNotification>();
    const auto verdict = verdict_from(rows[0].view(1));
    return std::optional(SeenNotification{.row = rows[0].integer(0),
                                          .verdict = verdict.value_or(Verdict::rejected)});
}

Result<std::optional<IdempotencyRecord>> PostgresReading::idempotency(std::string_view caller,
                                                                      std::string_view key) {
    TOLLGATE_TRY(const auto rows,
                 session_.query_locked("SELECT fingerprint, running_until_ms, status, headers,"
                                       " body, expires_ms FROM idempotency"
                                       " WHERE caller = $1 AND key = $2",
                                       "idempotency", caller, key));
    if (rows.empty()) return std::optional<IdempotencyRecord>();
    const PostgresRow row = rows[0];
    return std::optional(IdempotencyRecord{.caller = std::string(caller),
                                           .key = std::string(key),
                                           .fingerprint = row.text(0),
                                           .running_until = optional_time(row, 1),
                                           .status = row.optional_integer(2),
                                           .headers = row.text(3),
                                           .body = row.text(4),
                                           .expires_at = {row.integer(5)}});
}

Result<bool> PostgresReading::was_notified(const Payment& payment) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT 1 FROM notification WHERE payment = $1"
                                " AND notify_id IS NOT NULL AND verdict <> 'rejected' LIMIT 1",
                                payment.row));
    return !rows.empty();
}

Result<std::optional<SubmitToken>> PostgresReading::submit_token(std::string_view caller,
                                                                 std::string_view sha256) {
    TOLLGATE_TRY(const auto rows,
                 session_.query_locked("SELECT expires_ms, payment FROM submit_token"
                                       " WHERE token_sha256 = $1 AND caller = $2",
                                       "submit_token", sha256, caller));
    if (rows.empty()) return std::optional<SubmitToken>();
    return std::optional(SubmitToken{.caller = std::string(caller),
                                     .sha256 = std::string(sha256),
                                     .expires_at = {rows[0].integer(0)},
                                     .payment = rows[0].optional_integer(1)});
}

Result<std::optional<DifferenceView>> PostgresReading::difference(std::string_view id) {
    static const std::string kSql = select_differences("d.difference_id = $1");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), id));
    return read_first(rows, read_difference<PostgresRow>);
}

Result<std::optional<DifferenceView>> PostgresReading::difference_about(
    std::string_view app, std::string_view trade_no, std::string_view difference_class) {
    static const std::string kSql =
        select_differences("d.app = $1 AND d.trade_no = $2 AND d.class = $3");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), app, trade_no, difference_class));
    return read_first(rows, read_difference<PostgresRow>);
}

Result<std::vector<DifferenceView>> PostgresReading::differences(const DifferenceQuery& query) {
    static const std::string kSql = select_differences(
        "d.id > $1 AND d.app = ANY ($2::text[])"
        " AND ($3::bigint IS NULL OR d.payment = $3) AND ($4::text IS NULL OR d.status = $4)"
        " AND ($5 = '' OR d.class = $5) ORDER BY d.id LIMIT $6");
    std::optional<std::string> status;
    if (query.open) status = *query.open ? "open" : "settled";
    TOLLGATE_TRY(const auto rows,
                 session_.query(kSql.c_str(), query.after, PostgresValue::array(query.apps),
                                query.payment, status, query.difference_class, query.limit));
    return read_all(rows, read_difference<PostgresRow>);
}

}  // namespace tollgate::ledger
