#include "ledger/postgres_preauths.h"

#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kPreauth = "preauthorisation";
constexpr const char* kInsertTransition =
    "INSERT INTO preauthorisation_transition (preauthorisation, version, from_status, to_status,"
    " cause, cause_id, request_id, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

std::string select_preauths(const char* condition) {
    return std::string("SELECT ") + kPreauthColumns + " FROM preauthorisation WHERE " + condition;
}

std::optional<std::int64_t> fen_of(const std::optional<Money>& amount) {
    return amount ? std::optional(amount->fen()) : std::nullopt;
}

}  // namespace

Result<std::optional<Preauthorisation>> PostgresPreauthReading::one(std::string_view app,
                                                                    std::string_view out_auth_no) {
    const auto known = ahead_.preauthorisations.find({std::string(app), std::string(out_auth_no)});
    if (known != ahead_.preauthorisations.end()) return known->second;
    static const std::string kSql = select_preauths("app = $1 AND out_auth_no = $2");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPreauth, app, out_auth_no));
    return read_first(rows, read_preauth<PostgresRow>);
}

Result<std::optional<Preauthorisation>> PostgresPreauthReading::by_row(RowId row) {
    static const std::string kSql = select_preauths("id = $1");
    TOLLGATE_TRY(const auto rows, session_.query_locked(kSql.c_str(), kPreauth, row));
    return read_first(rows, read_preauth<PostgresRow>);
}

Result<std::vector<Preauthorisation>> PostgresPreauthReading::as_they_stand(
    const std::vector<RowId>& rows) {
    static const std::string kSql = select_preauths("id = ANY ($1::bigint[]) ORDER BY id");
    TOLLGATE_TRY(const auto found, session_.query(kSql.c_str(), PostgresValue::array(rows)));
    return read_all(found, read_preauth<PostgresRow>);
}

Result<std::vector<TransitionRecord>> PostgresPreauthReading::history_of(
    const Preauthorisation& preauth) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT version, from_status, to_status, cause, cause_id,"
                                " request_id, at_ms FROM preauthorisation_transition"
                                " WHERE preauthorisation = $1 ORDER BY version",
                                preauth.row));
    return read_all(rows, read_transition<PostgresRow>);
}

Result<Done> PostgresPreauthBooks::add(Preauthorisation& preauth, const Origin& origin) {
    ahead_.forget(preauth);
    TOLLGATE_TRY(
        const auto added,
        session_.write_now(
            "INSERT INTO preauthorisation (preauthorisation_id, app, out_auth_no, seller_id,"
            " status, version, product, amount_fen, subject, fingerprint, action, created_ms,"
            " updated_ms, expires_ms, next_sweep_ms, calling_until_ms)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15)"
            " ON CONFLICT DO NOTHING RETURNING id",
            preauth.id, preauth.app, preauth.out_auth_no, preauth.seller_id,
            name_of(preauth.status), preauth.version, preauth.product, preauth.amount.fen(),
            preauth.subject, preauth.fingerprint, preauth.action, preauth.created_at.ms,
            preauth.expires_at.ms, ms_of(preauth.next_sweep_at), ms_of(preauth.calling_until)));
    if (added.empty()) return session_.taken("the pre-authorisation's number is taken");
    preauth.row = added[0].integer(0);
    preauth.updated_at = preauth.created_at;
    return session_.write(kInsertTransition, preauth.row, preauth.version,
                          std::optional<std::string>(), name_of(preauth.status),
                          name_of(origin.cause), origin.cause_id, origin.request_id,
                          preauth.created_at.ms);
}

Result<Done> PostgresPreauthBooks::change(Preauthorisation& preauth, Preauthorisation next,
                                          const Origin& origin, Timestamp now) {
    ahead_.forget(preauth);
    const bool is_news = next.status != preauth.status;
    next.row = preauth.row;
    next.version = preauth.version + (is_news ? 1 : 0);
    if (is_news) next.updated_at = now;
    TOLLGATE_DO(session_.change_one(
        "UPDATE preauthorisation SET status = $1, version = $2, updated_ms = $3, action = $4,"
        " capture_fen = $5, auth_no = $6, payer_id = $7, payment = $8, frozen_ms = $9,"
        " next_sweep_ms = $10, calling_until_ms = $11, ask_next = $12, refused = $13,"
        " attempts = $14, failure = $15 WHERE id = $16 AND version = $17",
        name_of(next.status), next.version, next.updated_at.ms, next.action, fen_of(next.capture),
        next.auth_no, next.payer_id, next.payment, ms_of(next.frozen_at), ms_of(next.next_sweep_at),
        ms_of(next.calling_until), next.ask_next ? 1 : 0, next.refused ? 1 : 0, next.attempts,
        next.failure, preauth.row, preauth.version));
    if (is_news) {
        TOLLGATE_DO(session_.write(kInsertTransition, next.row, next.version,
                                   name_of(preauth.status), name_of(next.status),
                                   name_of(origin.cause), origin.cause_id, origin.request_id,
                                   now.ms));
    }
    preauth = std::move(next);
    return Done{};
}

Result<std::vector<Preauthorisation>> PostgresPreauthBooks::claim_due(Timestamp now,
                                                                      Timestamp until, int limit) {
    static const std::string kSql =
        std::string(
            "WITH due AS MATERIALIZED (SELECT id AS due_id, next_sweep_ms AS due_ms"
            " FROM preauthorisation WHERE next_sweep_ms <= $1"
            " AND (calling_until_ms IS NULL OR calling_until_ms <= $1)"
            " ORDER BY next_sweep_ms LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),"
            " taken AS (UPDATE preauthorisation SET calling_until_ms = $2 FROM due"
            " WHERE id = due_id RETURNING preauthorisation.*, due_ms) SELECT ") +
        kPreauthColumns + " FROM taken ORDER BY due_ms, id";
    TOLLGATE_TRY(const auto rows, session_.write_now(kSql.c_str(), now.ms, until.ms, limit));
    TOLLGATE_TRY(auto due, read_all(rows, read_preauth<PostgresRow>));
    for (const Preauthorisation& preauth : due) ahead_.forget(preauth);
    return due;
}

}  // namespace tollgate::ledger
