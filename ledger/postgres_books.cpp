#include "ledger/postgres_books.h"

#include "base/check.h"
#include "ledger/rows.h"

namespace tollgate::ledger {
namespace {

int flag(bool yes) {
    return yes ? 1 : 0;
}

constexpr const char* kInsertTransition =
    "INSERT INTO transition (payment, version, from_status, to_status, cause, cause_id,"
    " request_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

}  // namespace

// A number that was taken and then undone is nobody's: rows have gaps.
Result<RowId> PostgresBooks::next_row(RowStock& stock) {
    if (stock.rows.empty()) {
        TOLLGATE_TRY(const auto rows, session_.query(stock.sql));
        for (int i = 0; i < rows.size(); ++i) stock.rows.push_back(rows[i].integer(0));
    }
    const RowId row = stock.rows.back();
    stock.rows.pop_back();
    return row;
}

Result<Done> PostgresBooks::add_payment(Payment& payment, const PaymentRequest& request,
                                        const Origin& origin) {
    ahead_.forget(payment);
    TOLLGATE_TRY(payment.row, next_row(payment_rows_));
    TOLLGATE_DO(session_.add_one(
        "INSERT INTO payment (id, payment_id, app, out_trade_no, seller_id, status, version,"
        " product, amount_fen, subject, order_no, metadata, created_ms, updated_ms, expires_ms,"
        " next_sweep_ms, calling_until_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
        " $12, $13, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
        payment.row, payment.id, payment.app, payment.out_trade_no, payment.seller_id,
        name_of(payment.status), payment.version, payment.product, payment.amount.fen(),
        payment.subject, payment.order, payment.metadata, payment.created_at.ms,
        payment.expires_at.ms, ms_of(payment.next_sweep_at), ms_of(payment.calling_until)));
    TOLLGATE_DO(
        session_.write("INSERT INTO payment_request (payment, fingerprint, return_url, action)"
                       " VALUES ($1, $2, $3, $4)",
                       payment.row, request.fingerprint, request.return_url, request.action));
    return session_.write(kInsertTransition, payment.row, payment.version,
                          std::optional<std::string>(), name_of(payment.status),
                          name_of(origin.cause), origin.cause_id, origin.request_id,
                          payment.created_at.ms);
}

Result<Done> PostgresBooks::change_payment(Payment& payment, const PaymentChange& change,
                                           const Origin& origin, Timestamp now) {
    Payment next = changed(payment, change, now);
    ahead_.forget(payment);
    ahead_.forget(next);
    TOLLGATE_DO(session_.change_one(
        "UPDATE payment SET status = $1, version = $2, trade_no = $3, updated_ms = $4,"
        " paid_ms = $5, next_sweep_ms = $6, calling_until_ms = $7, late = $8, surplus = $9,"
        " close_requested = $10, failure = $11, held = $12, cancelling = $13"
        " WHERE id = $14 AND version = $15",
        name_of(next.status), next.version, next.trade_no, now.ms, ms_of(next.paid_at),
        ms_of(next.next_sweep_at), ms_of(next.calling_until), flag(next.late), flag(next.surplus),
        flag(next.close_requested), next.failure, flag(next.held), flag(next.cancelling),
        payment.row, payment.version));
    TOLLGATE_DO(session_.write(kInsertTransition, next.row, next.version, name_of(payment.status),
                               name_of(next.status), name_of(origin.cause), origin.cause_id,
                               origin.request_id, now.ms));
    payment = std::move(next);
    return Done{};
}

Result<Done> PostgresBooks::insert_notification(const NotificationRecord& record, RowId row) {
    TOLLGATE_DO(session_.add_one(
        "INSERT INTO notification (id, app, notify_id, payment, kind, out_trade_no, trade_no,"
        " trade_status, refund_fee, out_biz_no, gmt_refund, send_back_fee, dback_status, verdict,"
        " reason, hint, received_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
        " $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING",
        row, record.app, record.notify_id, record.payment, record.kind, record.out_trade_no,
        record.trade_no, record.trade_status, record.refund_fee, record.out_biz_no,
        record.gmt_refund, record.send_back_fee, record.dback_status, name_of(record.verdict),
        record.reason, record.hint, record.received_at.ms));
    return session_.write(
        "INSERT INTO notification_body (notification, received_ms, headers, body)"
        " VALUES ($1, $2, $3, $4)",
        row, record.received_at.ms, record.headers, PostgresValue::bytes(record.body));
}

Result<RowId> PostgresBooks::add_notification(const NotificationRecord& record) {
    if (record.notify_id) ahead_.notifications.erase(record.key());
    TOLLGATE_TRY(const RowId row, next_row(notification_rows_));
    TOLLGATE_DO(insert_notification(record, row));
    return row;
}

Result<Done> PostgresBooks::add_unverified(const NotificationRecord& record,
                                           std::int64_t kept_max) {
    TOLLGATE_CHECK(!record.notify_id);  // The dedup key belongs to verified ones alone.
    TOLLGATE_DO(add_notification(record));
    // What another process drops at the same time is left to it.
    return session_.write(
        "WITH gone AS (DELETE FROM notification WHERE id IN (SELECT id FROM notification"
        " WHERE app = $1 AND notify_id IS NULL AND id <= (SELECT id FROM notification"
        " WHERE app = $1 AND notify_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET $2)"
        " ORDER BY id FOR UPDATE SKIP LOCKED) RETURNING id, notification.received_ms AS at_ms)"
        " DELETE FROM notification_body USING gone WHERE notification = gone.id"
        " AND received_ms = gone.at_ms",
        record.app, kept_max);
}

Result<bool> PostgresBooks::open_difference(const DifferenceRecord& record) {
    TOLLGATE_TRY(const auto rows,
                 session_.write_now(
                     "INSERT INTO difference (difference_id, app, class, trade_no, payment,"
                     " notification, evidence, opened_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                     " ON CONFLICT (app, trade_no, class) DO NOTHING",
                     record.id, record.app, record.difference_class, record.trade_no,
                     record.payment, record.notification, record.evidence, record.opened_at.ms));
    return rows.changed() == 1;
}

Result<Done> PostgresBooks::add_event(const EventRecord& event) {
    TOLLGATE_DO(session_.write(
        "INSERT INTO event (event_id, app, type, payment, version, payload, created_ms,"
        " only_endpoint) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        event.id, event.app, event.type, event.payment, event.version, event.payload,
        event.created_at.ms, event.only_endpoint));
    ++events_added_;
    return Done{};
}

// The COMMIT writes down that this process has committed: nothing else is needed to learn whether
// the database takes it.
Result<Done> PostgresBooks::beat(Timestamp now) {
    return session_.write("SELECT $1::bigint", now.ms);
}

}  // namespace tollgate::ledger
