// What of Books ends payments: leases on what is due, one-time tokens, differences' settlement.
#include "ledger/rows.h"
#include "ledger/sqlite_books.h"

namespace tollgate::ledger {

Result<Done> SqliteBooks::rest(Payment& payment, std::optional<Timestamp> next_sweep_at) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE payment SET calling_until_ms = NULL, next_sweep_ms = ?"
                                 " WHERE id = ? AND version = ?"));
    update->bind(1, ms_of(next_sweep_at)).bind(2, payment.row).bind(3, payment.version);
    TOLLGATE_DO(change_one(*update));
    payment.calling_until = std::nullopt;
    payment.next_sweep_at = next_sweep_at;
    return Done{};
}

Result<std::vector<Payment>> SqliteBooks::claim_due_payments(Timestamp now, Timestamp until,
                                                             int limit) {
    // One writer: nobody else can take them between the two statements.
    TOLLGATE_TRY(auto payments, reading_.due_payments(now, limit));
    for (Payment& payment : payments) TOLLGATE_DO(set_calling(payment, until));
    return payments;
}

Result<Done> SqliteBooks::add_submit_token(const SubmitToken& token, Timestamp now) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO submit_token (token_sha256, caller, created_ms,"
                                 " expires_ms) VALUES (?, ?, ?, ?)"));
    insert->bind(1, token.sha256).bind(2, token.caller).bind(3, now.ms);
    insert->bind(4, token.expires_at.ms);
    return insert->run();
}

Result<bool> SqliteBooks::take_submit_token(const TakenToken& taken, Timestamp now) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE submit_token SET payment = ? WHERE token_sha256 = ?"
                                 " AND caller = ? AND expires_ms > ? AND (payment IS NULL"
                                 " OR EXISTS (SELECT 1 FROM payment AS made"
                                 " WHERE made.id = submit_token.payment"
                                 " AND made.status = 'failed'))"));
    update->bind(1, taken.payment).bind(2, taken.sha256).bind(3, taken.caller).bind(4, now.ms);
    TOLLGATE_DO(update->run());
    return db_.changed_rows() == 1;
}

Result<Done> SqliteBooks::drop_expired_tokens(Timestamp now, int limit) {
    TOLLGATE_TRY(Statement* const remove,
                 statements_.get("DELETE FROM submit_token WHERE id IN (SELECT id FROM submit_token"
                                 " WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?)"));
    remove->bind(1, now.ms).bind(2, limit);
    return remove->run();
}

Result<Done> SqliteBooks::renew_difference(const DifferenceView& known,
                                           const DifferenceRecord& record) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE difference SET status = 'open', settlement = NULL,"
                                 " settled_ms = NULL, evidence = ?, notification = ?,"
                                 " opened_ms = CASE status WHEN 'open' THEN opened_ms ELSE ? END"
                                 " WHERE id = ? AND status = ?"));
    update->bind(1, record.evidence).bind(2, record.notification).bind(3, record.opened_at.ms);
    update->bind(4, known.row).bind(5, std::string_view(known.open ? "open" : "settled"));
    return change_one(*update);
}

Result<Done> SqliteBooks::settle_difference(const DifferenceView& difference,
                                            std::string_view settlement_json, Timestamp now) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE difference SET status = 'settled', settlement = ?,"
                                 " settled_ms = ? WHERE id = ? AND status = 'open'"));
    update->bind(1, settlement_json).bind(2, now.ms).bind(3, difference.row);
    return change_one(*update);
}

}  // namespace tollgate::ledger
