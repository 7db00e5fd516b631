#include "ledger/postgres_session.h"

#include <algorithm>
#include <iterator>

namespace tollgate::ledger {
namespace {

constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED";
constexpr const char* kSavepoint = "SAVEPOINT unit";
constexpr const char* kRelease = "RELEASE unit";
constexpr const char* kUndo = "ROLLBACK TO unit";
constexpr const char* kCommit = "COMMIT";
constexpr const char* kRollBack = "ROLLBACK";

bool is_about_the_transaction(const Error& error) {
    return error.reason() == kSerializationFailure;
}

}  // namespace

Result<Done> PostgresSession::connect() {
    const std::int64_t silences = door_.silences();
    // Whoever writes keeps what lives: nobody else's time is lost by that.
    const bool may_stay = use_ == Use::writing || silences == silences_;
    if (is_connected() && may_stay && connection_->is_alive()) return Done{};
    connection_.reset();
    TOLLGATE_TRY(connection_, door_.open(use_ == Use::writing ? PostgresDoor::Sends::much
                                                              : PostgresDoor::Sends::little));
    silences_ = silences;
    return Done{};
}

PostgresConnection::Outcome PostgresSession::ask(const std::vector<PostgresStatement>& statements) {
    auto outcome = connection_->run(statements);
    // What others have noticed since is the same silence.
    if (connection_->fell_silent() && silences_ == door_.silences()) door_.note_silence();
    return outcome;
}

Result<Done> PostgresSession::begin(WriteConnection::Care care) {
    TOLLGATE_DO(connect());
    care_ = care;
    line_.clear();
    wrote_ = sent_ = has_savepoint_ = savepoint_sent_ = in_unit_ = false;
    unit_ = raced_ = kNoUnit;
    culprit_.reset();
    in_transaction_ = true;
    // Each statement sees what was committed before it: what is read behind a lock that was waited
    // for is what the one before has left. One snapshot for all of a unit would hide rows that were
    // added meanwhile without a change to the locked one (a payment's refunds, I12).
    put_control(kBegin);
    return Done{};
}

void PostgresSession::begin_unit(std::size_t place) {
    unit_ = place;
    unit_begin_ = line_.size();
    in_unit_ = true;
    has_savepoint_ = savepoint_sent_ = false;
    if (care_ == WriteConnection::Care::alone) set_savepoint();
}

Result<Done> PostgresSession::end_unit() {
    // Alone, its errors are told before it ends.
    if (care_ == WriteConnection::Care::alone) {
        if (auto flushed = flush(); !flushed) return std::move(flushed).error();
    }
    in_unit_ = false;
    if (has_savepoint_) put_control(kRelease);
    has_savepoint_ = false;
    return Done{};
}

Result<Done> PostgresSession::undo_unit() {
    line_.resize(std::min(unit_begin_, line_.size()));
    in_unit_ = false;
    if (savepoint_sent_) {
        put_control(kUndo);
        put_control(kRelease);
    }
    has_savepoint_ = savepoint_sent_ = false;
    return Done{};
}

void PostgresSession::roll_back() {
    if (!in_transaction_) return;
    in_transaction_ = false;
    line_.clear();
    if (!sent_ || !is_connected()) return;
    static_cast<void>(connection_->run({{kRollBack, {}}}));
}

PostgresSession::End PostgresSession::commit(PostgresStatement last, std::optional<Error>* why) {
    in_unit_ = false;
    if (!sent_ && !wrote_) {  // Nobody has asked or written anything.
        in_transaction_ = false;
        line_.clear();
        return End::committed;
    }
    if (wrote_) {
        last.sql = demanding(last.sql);
        line_.push_back({std::move(last), kNoUnit});
    }
    line_.push_back({{kCommit, {}}, kNoUnit});
    auto flushed = flush();
    if (flushed) {
        in_transaction_ = false;
        return End::committed;
    }
    *why = std::move(flushed).error();
    return is_connected() ? End::rolled_back : End::lost;
}

Error PostgresSession::taken(const char* what) {
    if (raced_ != unit_) {
        raced_ = unit_;
        return Error(ErrorCode::stale_version, what);
    }
    return Error(ErrorCode::conflict, what);
}

void PostgresSession::put(PostgresStatement statement) {
    line_.push_back({std::move(statement), unit_});
    wrote_ = true;
}

void PostgresSession::put_control(const char* sql) {
    line_.push_back({{sql, {}}, unit_});
}

void PostgresSession::set_savepoint() {
    if (has_savepoint_) return;
    const auto begin = line_.begin() + static_cast<std::ptrdiff_t>(unit_begin_);
    line_.insert(begin, Waiting{{kSavepoint, {}}, unit_});
    has_savepoint_ = true;
}

Result<PostgresRows> PostgresSession::run_now(PostgresStatement statement, bool writes) {
    if (!in_transaction_) {
        // Nothing of a unit may happen outside its transaction.
        if (use_ == Use::writing) {
            return Error(ErrorCode::unavailable, "postgres: the transaction has been given up")
                .because("storage_unavailable");
        }
        const bool was_there = is_connected();
        TOLLGATE_DO(connect());
        auto outcome = ask({statement});
        if (outcome.lost && was_there && !writes && !connection_->fell_silent()) {
            // It had gone while nobody used it: reading may simply be done again.
            TOLLGATE_DO(connect());
            outcome = ask({std::move(statement)});
        }
        if (outcome.error) return *std::move(outcome.error);
        return std::move(outcome.rows.back());
    }
    const bool own_writes_leave = in_unit_ && (writes || line_.size() > unit_begin_);
    if (own_writes_leave) set_savepoint();
    line_.push_back({std::move(statement), unit_});
    wrote_ = wrote_ || writes;
    TOLLGATE_TRY(auto rows, flush());
    return std::move(rows.back());
}

Result<std::vector<PostgresRows>> PostgresSession::query_all(std::vector<PostgresStatement> reads) {
    if (in_unit_ && line_.size() > unit_begin_) set_savepoint();
    const std::size_t count = reads.size();
    for (PostgresStatement& read : reads) line_.push_back({std::move(read), unit_});
    TOLLGATE_TRY(auto rows, flush());
    const auto last = rows.end() - static_cast<std::ptrdiff_t>(count);
    return std::vector<PostgresRows>(std::make_move_iterator(last),
                                     std::make_move_iterator(rows.end()));
}

Result<std::vector<PostgresRows>> PostgresSession::flush() {
    if (line_.empty()) return std::vector<PostgresRows>();
    std::vector<PostgresStatement> statements;
    std::vector<std::size_t> units;
    for (Waiting& waiting : line_) {
        statements.push_back(std::move(waiting.statement));
        units.push_back(waiting.unit);
    }
    line_.clear();
    unit_begin_ = 0;
    sent_ = true;
    if (has_savepoint_) savepoint_sent_ = true;
    auto outcome = ask(statements);
    if (outcome.error) return failed(std::move(outcome), units);
    return std::move(outcome.rows);
}

// A failure of the unit that runs, behind its savepoint, is its own: it will be undone. Every other
// one is the whole transaction's.
Error PostgresSession::failed(PostgresConnection::Outcome outcome,
                              const std::vector<std::size_t>& units) {
    Error error = *std::move(outcome.error);
    if (outcome.lost) {
        in_transaction_ = false;
        return error;
    }
    const std::size_t unit = units[outcome.rows.size()];
    const bool its_own = in_unit_ && unit == unit_ && has_savepoint_;
    if (its_own && !is_about_the_transaction(error)) return error;
    if (unit != kNoUnit && !is_about_the_transaction(error)) culprit_ = unit;
    roll_back();
    return error;
}

const char* PostgresSession::demanding(const char* sql) {
    const auto [text, is_new] = demanding_.try_emplace(sql);
    if (is_new) {
        text->second = "WITH written AS (" + std::string(sql) +
                       " RETURNING 1) SELECT demand_one(count(*)) FROM written";
    }
    return text->second.c_str();
}

const char* PostgresSession::locking(const char* sql, const char* table) {
    const auto [text, is_new] = locking_.try_emplace(sql);
    // Not FOR UPDATE: rows that refer to this one may be added meanwhile.
    if (is_new) text->second = std::string(sql) + " FOR NO KEY UPDATE OF " + table;
    return text->second.c_str();
}

}  // namespace tollgate::ledger
