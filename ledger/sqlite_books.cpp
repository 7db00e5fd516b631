#include "ledger/sqlite_books.h"

#include "base/check.h"
#include "ledger/rows.h"

namespace tollgate::ledger {
namespace {

int flag(bool yes) {
    return yes ? 1 : 0;
}

}  // namespace

Result<Done> SqliteBooks::change_one(Statement& update) {
    TOLLGATE_DO(update.run());
    if (db_.changed_rows() == 1) return Done{};
    return Error(ErrorCode::stale_version, "the row is no longer as it was read");
}

Result<Done> SqliteBooks::add_payment(Payment& payment, const PaymentRequest& request,
                                      const Origin& origin) {
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO payment (payment_id, app, out_trade_no, seller_id, status,"
                        " version, product, amount_fen, subject, order_no, metadata, created_ms,"
                        " updated_ms, expires_ms, next_sweep_ms, calling_until_ms)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, payment.id).bind(2, payment.app).bind(3, payment.out_trade_no);
    insert->bind(4, payment.seller_id).bind(5, name_of(payment.status)).bind(6, payment.version);
    insert->bind(7, payment.product).bind(8, payment.amount.fen()).bind(9, payment.subject);
    insert->bind(10, payment.order).bind(11, payment.metadata);
    insert->bind(12, payment.created_at.ms).bind(13, payment.created_at.ms);
    insert->bind(14, payment.expires_at.ms).bind(15, ms_of(payment.next_sweep_at));
    insert->bind(16, ms_of(payment.calling_until));
    TOLLGATE_DO(insert->run());
    payment.row = db_.last_row();

    TOLLGATE_TRY(Statement* const details,
                 statements_.get("INSERT INTO payment_request (payment, fingerprint, return_url,"
                                 " action) VALUES (?, ?, ?, ?)"));
    details->bind(1, payment.row).bind(2, request.fingerprint);
    details->bind(3, request.return_url).bind(4, request.action);
    TOLLGATE_DO(details->run());
    return add_transition({.of = payment.row,
                           .version = payment.version,
                           .from = std::nullopt,
                           .to = name_of(payment.status),
                           .origin = origin,
                           .at = payment.created_at});
}

Result<Done> SqliteBooks::change_payment(Payment& payment, const PaymentChange& change,
                                         const Origin& origin, Timestamp now) {
    Payment next = changed(payment, change, now);
    TOLLGATE_TRY(
        Statement* const update,
        statements_.get("UPDATE payment SET status = ?, version = ?, trade_no = ?, updated_ms = ?,"
                        " paid_ms = ?, next_sweep_ms = ?, calling_until_ms = ?, late = ?,"
                        " surplus = ?, close_requested = ?, failure = ?, held = ?, cancelling = ?"
                        " WHERE id = ? AND version = ?"));
    update->bind(1, name_of(next.status)).bind(2, next.version).bind(3, next.trade_no);
    update->bind(4, now.ms).bind(5, ms_of(next.paid_at)).bind(6, ms_of(next.next_sweep_at));
    update->bind(7, ms_of(next.calling_until)).bind(8, flag(next.late));
    update->bind(9, flag(next.surplus)).bind(10, flag(next.close_requested));
    update->bind(11, next.failure).bind(12, flag(next.held));
    update->bind(13, flag(next.cancelling)).bind(14, payment.row).bind(15, payment.version);
    TOLLGATE_DO(change_one(*update));
    TOLLGATE_DO(add_transition({.of = next.row,
                                .version = next.version,
                                .from = name_of(payment.status),
                                .to = name_of(next.status),
                                .origin = origin,
                                .at = now}));
    payment = std::move(next);
    return Done{};
}

Result<Done> SqliteBooks::add_transition(const TransitionStep& step) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO transition (payment, version, from_status, to_status,"
                                 " cause, cause_id, request_id, at_ms)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    return write_transition(*insert, step);
}

Result<Done> SqliteBooks::set_action(const Payment& payment, std::string_view action_json) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE payment_request SET action = ? WHERE payment = ?"));
    update->bind(1, action_json).bind(2, payment.row);
    return change_one(*update);
}

Result<Done> SqliteBooks::set_calling(Payment& payment, std::optional<Timestamp> until) {
    TOLLGATE_TRY(Statement* const update, statements_.get("UPDATE payment SET calling_until_ms = ?"
                                                          " WHERE id = ? AND version = ?"));
    update->bind(1, ms_of(until)).bind(2, payment.row).bind(3, payment.version);
    TOLLGATE_DO(change_one(*update));
    payment.calling_until = until;
    return Done{};
}

Result<Done> SqliteBooks::set_next_sweep(Payment& payment, Timestamp at) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE payment SET next_sweep_ms = ? WHERE id = ?"
                                 " AND version = ?"));
    update->bind(1, at.ms).bind(2, payment.row).bind(3, payment.version);
    TOLLGATE_DO(change_one(*update));
    payment.next_sweep_at = at;
    return Done{};
}

Result<RowId> SqliteBooks::add_notification(const NotificationRecord& record) {
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO notification (app, notify_id, payment, kind, out_trade_no,"
                        " trade_no, trade_status, refund_fee, out_biz_no, gmt_refund,"
                        " send_back_fee, dback_status, verdict, reason, hint, received_ms)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, record.app).bind(2, record.notify_id).bind(3, record.payment);
    insert->bind(4, record.kind).bind(5, record.out_trade_no).bind(6, record.trade_no);
    insert->bind(7, record.trade_status).bind(8, record.refund_fee).bind(9, record.out_biz_no);
    insert->bind(10, record.gmt_refund).bind(11, record.send_back_fee);
    insert->bind(12, record.dback_status).bind(13, name_of(record.verdict));
    insert->bind(14, record.reason).bind(15, record.hint).bind(16, record.received_at.ms);
    TOLLGATE_DO(insert->run());
    const RowId row = db_.last_row();
    TOLLGATE_TRY(
        Statement* const body,
        statements_.get("INSERT INTO notification_body (notification, received_ms, headers,"
                        " body) VALUES (?, ?, ?, ?)"));
    body->bind(1, row).bind(2, record.received_at.ms).bind(3, record.headers);
    TOLLGATE_DO(body->bind_blob(4, record.body).run());
    return row;
}

Result<Done> SqliteBooks::add_unverified(const NotificationRecord& record, std::int64_t kept_max) {
    TOLLGATE_CHECK(!record.notify_id);  // The dedup key belongs to verified ones alone.
    TOLLGATE_DO(add_notification(record));
    for (const char* const sql :
         {"DELETE FROM notification_body WHERE notification IN (SELECT id FROM notification"
          " WHERE app = ?1 AND notify_id IS NULL AND id <= (SELECT id FROM notification"
          " WHERE app = ?1 AND notify_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?2))",
          "DELETE FROM notification WHERE app = ?1 AND notify_id IS NULL"
          " AND id <= (SELECT id FROM notification WHERE app = ?1"
          " AND notify_id IS NULL ORDER BY id DESC LIMIT 1 OFFSET ?2)"}) {
        TOLLGATE_TRY(Statement* const prune, statements_.get(sql));
        TOLLGATE_DO(prune->bind(1, record.app).bind(2, kept_max).run());
    }
    return Done{};
}

Result<bool> SqliteBooks::open_difference(const DifferenceRecord& record) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO difference (difference_id, app, class, trade_no,"
                                 " payment, notification, evidence, opened_ms)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                                 " ON CONFLICT (app, trade_no, class) DO NOTHING"));
    insert->bind(1, record.id).bind(2, record.app).bind(3, record.difference_class);
    insert->bind(4, record.trade_no).bind(5, record.payment).bind(6, record.notification);
    insert->bind(7, record.evidence).bind(8, record.opened_at.ms);
    TOLLGATE_DO(insert->run());
    return db_.changed_rows() == 1;
}

Result<Done> SqliteBooks::begin_idempotency(const IdempotencyRecord& record, Timestamp now) {
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO idempotency (caller, key, fingerprint, running_until_ms,"
                        " headers, body, created_ms, expires_ms) VALUES (?, ?, ?, ?, '', '', ?5, ?)"
                        " ON CONFLICT (caller, key) DO UPDATE SET"
                        " fingerprint = excluded.fingerprint, status = NULL,"
                        " running_until_ms = excluded.running_until_ms,"
                        " created_ms = excluded.created_ms, expires_ms = excluded.expires_ms"
                        " WHERE expires_ms <= ?5 OR (status IS NULL"
                        " AND (running_until_ms IS NULL OR running_until_ms <= ?5))"));
    insert->bind(1, record.caller).bind(2, record.key).bind(3, record.fingerprint);
    insert->bind(4, ms_of(record.running_until)).bind(5, now.ms).bind(6, record.expires_at.ms);
    return change_one(*insert);
}

Result<Done> SqliteBooks::store_answer(const IdempotencyRecord& record, Timestamp now) {
    TOLLGATE_TRY(
        Statement* const insert,
        statements_.get("INSERT INTO idempotency (caller, key, fingerprint, status, headers, body,"
                        " created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?7, ?)"
                        " ON CONFLICT (caller, key) DO UPDATE SET"
                        " fingerprint = excluded.fingerprint, status = excluded.status,"
                        " headers = excluded.headers, body = excluded.body,"
                        " running_until_ms = NULL, expires_ms = excluded.expires_ms"
                        " WHERE status IS NULL OR expires_ms <= ?7"));
    insert->bind(1, record.caller).bind(2, record.key).bind(3, record.fingerprint);
    insert->bind(4, record.status).bind(5, record.headers).bind(6, record.body);
    insert->bind(7, now.ms).bind(8, record.expires_at.ms);
    return change_one(*insert);
}

Result<Done> SqliteBooks::release_idempotency(std::string_view caller, std::string_view key) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE idempotency SET running_until_ms = NULL"
                                 " WHERE caller = ? AND key = ? AND status IS NULL"));
    update->bind(1, caller).bind(2, key);
    return update->run();
}

Result<Done> SqliteBooks::drop_expired_idempotency(Timestamp now, int limit) {
    TOLLGATE_TRY(Statement* const remove,
                 statements_.get("DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency"
                                 " WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?)"));
    remove->bind(1, now.ms).bind(2, limit);
    return remove->run();
}

Result<Done> SqliteBooks::beat(Timestamp now) {
    TOLLGATE_TRY(Statement* const write,
                 statements_.get("INSERT INTO heartbeat (id, at_ms) VALUES (1, ?)"
                                 " ON CONFLICT (id) DO UPDATE SET at_ms = excluded.at_ms"));
    write->bind(1, now.ms);
    return write->run();
}

Result<Done> SqliteBooks::add_event(const EventRecord& event) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO event (event_id, app, type, payment, version,"
                                 " payload, created_ms, only_endpoint)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, event.id).bind(2, event.app).bind(3, event.type).bind(4, event.payment);
    insert->bind(5, event.version).bind(6, event.payload).bind(7, event.created_at.ms);
    insert->bind(8, event.only_endpoint);
    TOLLGATE_DO(insert->run());
    ++events_added_;
    return Done{};
}

}  // namespace tollgate::ledger
