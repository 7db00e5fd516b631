#include "ledger/sqlite_preauths.h"

#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

std::string select_preauths(const char* condition) {
    return std::string("SELECT ") + kPreauthColumns + " FROM preauthorisation WHERE " + condition;
}

std::optional<std::int64_t> fen_of(const std::optional<Money>& amount) {
    return amount ? std::optional(amount->fen()) : std::nullopt;
}

}  // namespace

Result<std::optional<Preauthorisation>> SqlitePreauthReading::one(std::string_view app,
                                                                  std::string_view out_auth_no) {
    static const std::string kSql = select_preauths("app = ? AND out_auth_no = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, app).bind(2, out_auth_no);
    return read_first(*select, read_preauth<Statement>);
}

Result<std::optional<Preauthorisation>> SqlitePreauthReading::by_row(RowId row) {
    static const std::string kSql = select_preauths("id = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, row);
    return read_first(*select, read_preauth<Statement>);
}

Result<std::vector<Preauthorisation>> SqlitePreauthReading::as_they_stand(
    const std::vector<RowId>& rows) {
    std::vector<Preauthorisation> found;
    for (const RowId row : rows) {
        TOLLGATE_TRY(auto one, by_row(row));
        if (one) found.push_back(*std::move(one));
    }
    return found;
}

Result<std::vector<TransitionRecord>> SqlitePreauthReading::history_of(
    const Preauthorisation& preauth) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT version, from_status, to_status, cause, cause_id,"
                                 " request_id, at_ms FROM preauthorisation_transition"
                                 " WHERE preauthorisation = ? ORDER BY version"));
    return read_transitions(*select, preauth.row);
}

Result<Done> SqlitePreauthBooks::add(Preauthorisation& preauth, const Origin& origin) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get(
                     "INSERT INTO preauthorisation (preauthorisation_id, app, out_auth_no,"
                     " seller_id, status, version, product, amount_fen, subject, fingerprint,"
                     " action, created_ms, updated_ms, expires_ms, next_sweep_ms, calling_until_ms)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, preauth.id).bind(2, preauth.app).bind(3, preauth.out_auth_no);
    insert->bind(4, preauth.seller_id).bind(5, name_of(preauth.status)).bind(6, preauth.version);
    insert->bind(7, preauth.product).bind(8, preauth.amount.fen()).bind(9, preauth.subject);
    insert->bind(10, preauth.fingerprint).bind(11, preauth.action);
    insert->bind(12, preauth.created_at.ms).bind(13, preauth.created_at.ms);
    insert->bind(14, preauth.expires_at.ms).bind(15, ms_of(preauth.next_sweep_at));
    insert->bind(16, ms_of(preauth.calling_until));
    TOLLGATE_DO(insert->run());
    preauth.row = db_.last_row();
    preauth.updated_at = preauth.created_at;
    return add_transition({.of = preauth.row,
                           .version = preauth.version,
                           .from = std::nullopt,
                           .to = name_of(preauth.status),
                           .origin = origin,
                           .at = preauth.created_at});
}

Result<Done> SqlitePreauthBooks::change(Preauthorisation& preauth, Preauthorisation next,
                                        const Origin& origin, Timestamp now) {
    const bool is_news = next.status != preauth.status;
    next.row = preauth.row;
    next.version = preauth.version + (is_news ? 1 : 0);
    if (is_news) next.updated_at = now;
    TOLLGATE_TRY(
        Statement* const update,
        statements_.get("UPDATE preauthorisation SET status = ?, version = ?, updated_ms = ?,"
                        " action = ?, capture_fen = ?, auth_no = ?, payer_id = ?, payment = ?,"
                        " frozen_ms = ?, next_sweep_ms = ?, calling_until_ms = ?, ask_next = ?,"
                        " refused = ?, attempts = ?, failure = ? WHERE id = ? AND version = ?"));
    update->bind(1, name_of(next.status)).bind(2, next.version).bind(3, next.updated_at.ms);
    update->bind(4, next.action).bind(5, fen_of(next.capture)).bind(6, next.auth_no);
    update->bind(7, next.payer_id).bind(8, next.payment).bind(9, ms_of(next.frozen_at));
    update->bind(10, ms_of(next.next_sweep_at)).bind(11, ms_of(next.calling_until));
    update->bind(12, next.ask_next ? 1 : 0).bind(13, next.refused ? 1 : 0);
    update->bind(14, next.attempts).bind(15, next.failure);
    update->bind(16, preauth.row).bind(17, preauth.version);
    TOLLGATE_DO(update->run());
    if (db_.changed_rows() != 1) {
        return Error(ErrorCode::stale_version, "the pre-authorisation is no longer as it was read");
    }
    if (is_news) {
        TOLLGATE_DO(add_transition({.of = next.row,
                                    .version = next.version,
                                    .from = name_of(preauth.status),
                                    .to = name_of(next.status),
                                    .origin = origin,
                                    .at = now}));
    }
    preauth = std::move(next);
    return Done{};
}

Result<Done> SqlitePreauthBooks::add_transition(const TransitionStep& step) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO preauthorisation_transition (preauthorisation,"
                                 " version, from_status, to_status, cause, cause_id, request_id,"
                                 " at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    return write_transition(*insert, step);
}

Result<std::vector<Preauthorisation>> SqlitePreauthBooks::claim_due(Timestamp now, Timestamp until,
                                                                    int limit) {
    static const std::string kSql = select_preauths(
        "next_sweep_ms <= ?1 AND (calling_until_ms IS NULL OR calling_until_ms <= ?1)"
        " ORDER BY next_sweep_ms LIMIT ?2");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, now.ms).bind(2, limit);
    TOLLGATE_TRY(auto due, read_all(*select, read_preauth<Statement>));
    for (Preauthorisation& preauth : due) {
        TOLLGATE_TRY(
            Statement* const lease,
            statements_.get("UPDATE preauthorisation SET calling_until_ms = ? WHERE id = ?"));
        lease->bind(1, until.ms).bind(2, preauth.row);
        TOLLGATE_DO(lease->run());
        preauth.calling_until = until;
    }
    return due;
}

}  // namespace tollgate::ledger
