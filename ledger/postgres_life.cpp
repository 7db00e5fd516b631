// What of PostgresBooks ends payments: leases, one-time tokens, kept answers, settlements.
#include "ledger/postgres_books.h"
#include "ledger/postgres_rows.h"

namespace tollgate::ledger {

Result<Done> PostgresBooks::set_action(const Payment& payment, std::string_view action_json) {
    return session_.change_one("UPDATE payment_request SET action = $1 WHERE payment = $2",
                               action_json, payment.row);
}

Result<Done> PostgresBooks::set_calling(Payment& payment, std::optional<Timestamp> until) {
    ahead_.forget(payment);
    payment.calling_until = until;
    return session_.change_one(
        "UPDATE payment SET calling_until_ms = $1 WHERE id = $2 AND version = $3", ms_of(until),
        payment.row, payment.version);
}

Result<Done> PostgresBooks::set_next_sweep(Payment& payment, Timestamp at) {
    ahead_.forget(payment);
    payment.next_sweep_at = at;
    return session_.change_one(
        "UPDATE payment SET next_sweep_ms = $1 WHERE id = $2 AND version = $3", at.ms, payment.row,
        payment.version);
}

Result<Done> PostgresBooks::rest(Payment& payment, std::optional<Timestamp> next_sweep_at) {
    ahead_.forget(payment);
    payment.calling_until = std::nullopt;
    payment.next_sweep_at = next_sweep_at;
    return session_.change_one(
        "UPDATE payment SET calling_until_ms = NULL, next_sweep_ms = $1"
        " WHERE id = $2 AND version = $3",
        ms_of(next_sweep_at), payment.row, payment.version);
}

Result<std::vector<Payment>> PostgresBooks::claim_due_payments(Timestamp now, Timestamp until,
                                                               int limit) {
    // What somebody works on, or has just taken, is passed over. The order is made again: that of
    // an UPDATE is anybody's guess.
    static const std::string kSql =
        std::string(
            "WITH due AS MATERIALIZED (SELECT id AS due_id, next_sweep_ms AS due_ms FROM payment"
            " WHERE next_sweep_ms <= $1 AND held = 0"
            " AND (calling_until_ms IS NULL OR calling_until_ms <= $1)"
            " ORDER BY next_sweep_ms LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),"
            " taken AS (UPDATE payment SET calling_until_ms = $2 FROM due WHERE id = due_id"
            " RETURNING payment.*, due_ms) SELECT ") +
        kPaymentColumns + " FROM taken ORDER BY due_ms, id";
    TOLLGATE_TRY(const auto rows, session_.write_now(kSql.c_str(), now.ms, until.ms, limit));
    TOLLGATE_TRY(auto payments, read_all(rows, read_payment<PostgresRow>));
    for (const Payment& payment : payments) ahead_.forget(payment);
    return payments;
}

Result<Done> PostgresBooks::add_submit_token(const SubmitToken& token, Timestamp now) {
    return session_.write(
        "INSERT INTO submit_token (token_sha256, caller, created_ms, expires_ms)"
        " VALUES ($1, $2, $3, $4)",
        token.sha256, token.caller, now.ms, token.expires_at.ms);
}

Result<bool> PostgresBooks::take_submit_token(const TakenToken& taken, Timestamp now) {
    TOLLGATE_TRY(const auto rows,
                 session_.write_now("UPDATE submit_token SET payment = $1 WHERE token_sha256 = $2"
                                    " AND caller = $3 AND expires_ms > $4 AND (payment IS NULL"
                                    " OR EXISTS (SELECT 1 FROM payment AS made"
                                    " WHERE made.id = submit_token.payment"
                                    " AND made.status = 'failed'))",
                                    taken.payment, taken.sha256, taken.caller, now.ms));
    return rows.changed() == 1;
}

Result<Done> PostgresBooks::drop_expired_tokens(Timestamp now, int limit) {
    return session_.write(
        "DELETE FROM submit_token WHERE id IN (SELECT id FROM submit_token WHERE expires_ms <= $1"
        " ORDER BY expires_ms LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now.ms, limit);
}

Result<Done> PostgresBooks::renew_difference(const DifferenceView& known,
                                             const DifferenceRecord& record) {
    return session_.change_one(
        "UPDATE difference SET status = 'open', settlement = NULL, settled_ms = NULL,"
        " evidence = $1, notification = $2,"
        " opened_ms = CASE status WHEN 'open' THEN opened_ms ELSE $3 END"
        " WHERE id = $4 AND status = $5",
        record.evidence, record.notification, record.opened_at.ms, known.row,
        std::string_view(known.open ? "open" : "settled"));
}

Result<Done> PostgresBooks::settle_difference(const DifferenceView& difference,
                                              std::string_view settlement_json, Timestamp now) {
    return session_.change_one(
        "UPDATE difference SET status = 'settled', settlement = $1, settled_ms = $2"
        " WHERE id = $3 AND status = 'open'",
        settlement_json, now.ms, difference.row);
}

Result<Done> PostgresBooks::begin_idempotency(const IdempotencyRecord& record, Timestamp now) {
    return session_.change_one(
        "INSERT INTO idempotency AS old (caller, key, fingerprint, running_until_ms, created_ms,"
        " expires_ms) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller, key) DO UPDATE SET"
        " fingerprint = excluded.fingerprint, status = NULL,"
        " running_until_ms = excluded.running_until_ms, created_ms = excluded.created_ms,"
        " expires_ms = excluded.expires_ms WHERE old.expires_ms <= $5 OR (old.status IS NULL"
        " AND (old.running_until_ms IS NULL OR old.running_until_ms <= $5))",
        record.caller, record.key, record.fingerprint, ms_of(record.running_until), now.ms,
        record.expires_at.ms);
}

Result<Done> PostgresBooks::store_answer(const IdempotencyRecord& record, Timestamp now) {
    return session_.change_one(
        "INSERT INTO idempotency AS old (caller, key, fingerprint, status, headers, body,"
        " created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (caller, key) DO UPDATE SET fingerprint = excluded.fingerprint,"
        " status = excluded.status, headers = excluded.headers, body = excluded.body,"
        " running_until_ms = NULL, expires_ms = excluded.expires_ms"
        " WHERE old.status IS NULL OR old.expires_ms <= $7",
        record.caller, record.key, record.fingerprint, record.status, record.headers, record.body,
        now.ms, record.expires_at.ms);
}

Result<Done> PostgresBooks::release_idempotency(std::string_view caller, std::string_view key) {
    return session_.write(
        "UPDATE idempotency SET running_until_ms = NULL"
        " WHERE caller = $1 AND key = $2 AND status IS NULL",
        caller, key);
}

Result<Done> PostgresBooks::drop_expired_idempotency(Timestamp now, int limit) {
    return session_.write(
        "DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE expires_ms <= $1"
        " ORDER BY expires_ms LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now.ms, limit);
}

}  // namespace tollgate::ledger
