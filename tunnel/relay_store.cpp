#include "tunnel/relay_store.h"

#include <utility>

#include "base/migrate.h"
#include "tunnel/migrations.h"
#include "tunnel/wire_bytes.h"

namespace tollgate::tunnel {
namespace {

constexpr std::int64_t kRowBytes = 300;  // What a row and its first attempt take besides its texts.

std::string packed(const transport::HeaderList& headers) {
    WireWriter writer;
    writer.headers(headers);
    return writer.take();
}

std::int64_t id_of(std::uint64_t id) {
    return static_cast<std::int64_t>(id);
}

}  // namespace

std::int64_t bytes_of(const Callback& callback) {
    std::size_t bytes = callback.target.size() + callback.body.size();
    for (const auto& [name, value] : callback.headers) bytes += name.size() + value.size() + 8;
    return kRowBytes + static_cast<std::int64_t>(bytes);
}

RelayStore::RelayStore(FileLock lock, Database db, Database checkpointer)
    : lock_(std::move(lock)), db_(std::move(db)), checkpointer_(std::move(checkpointer)) {}

Result<std::unique_ptr<RelayStore>> RelayStore::open(const std::string& file, Durability durability,
                                                     Timestamp now) {
    TOLLGATE_TRY(auto lock, FileLock::take(file));
    TOLLGATE_TRY(auto db, Database::open(file, Database::Mode::read_write));
    // The page size must come before the first table; 8 KiB hold most callbacks.
    TOLLGATE_DO(
        db.run("PRAGMA busy_timeout = 5000; PRAGMA page_size = 8192; PRAGMA journal_mode = WAL;"
               "PRAGMA synchronous = FULL"));
    TOLLGATE_DO(migrate(db, relay_migrations(), file, now));
    TOLLGATE_DO(db.run("PRAGMA wal_autocheckpoint = 0"));
    if (durability == Durability::off) TOLLGATE_DO(db.run("PRAGMA synchronous = OFF"));
    TOLLGATE_TRY(auto checkpointer, Database::open(file, Database::Mode::read_write));
    TOLLGATE_DO(checkpointer.run("PRAGMA busy_timeout = 5000"));
    auto store =
        std::make_unique<RelayStore>(std::move(lock), std::move(db), std::move(checkpointer));
    TOLLGATE_DO(store->prepare());
    return store;
}

Result<Done> RelayStore::prepare() {
    TOLLGATE_TRY(
        add_,
        db_.prepare("INSERT INTO event (id, tunnel, state, event_key, key_strong,"
                    " first_received_ms, received_ms, sendings, round, keep, method, target,"
                    " remote_address, scheme, prefix, headers, body, bytes, replay_of)"
                    " VALUES (?1, ?2, 0, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
                    " ?15, ?16, ?17)"));
    TOLLGATE_TRY(replace_,
                 db_.prepare("UPDATE event SET state = 0, received_ms = ?2, sendings = ?3,"
                             " round = ?4, method = ?5, target = ?6, remote_address = ?7,"
                             " scheme = ?8, prefix = ?9, headers = ?10, body = ?11, bytes = ?12"
                             " WHERE id = ?1"));
    TOLLGATE_TRY(add_attempt_,
                 db_.prepare("INSERT OR REPLACE INTO attempt (event_id, number, began_ms,"
                             " duration_ms, status, error, headers, body_start, body_bytes)"
                             " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    TOLLGATE_TRY(set_state_, db_.prepare("UPDATE event SET state = ?2, sendings = ?3,"
                                         " last_status = ?4 WHERE id = ?1"));
    TOLLGATE_TRY(drop_, db_.prepare("UPDATE event SET state = 2 WHERE id = ? AND state = 0"));
    return Done{};
}

void RelayStore::roll_back() {
    // When SQLite has already rolled back, this says so, and that is what we wanted.
    if (!db_.in_autocommit()) static_cast<void>(db_.run("ROLLBACK"));
}

Result<Done> RelayStore::add(const StoredEvent& event) {
    const Callback& callback = *event.callback;
    const std::string headers = packed(callback.headers);
    Statement& insert = add_->again();
    insert.bind(1, id_of(callback.id)).bind(2, event.tunnel).bind(3, event.key.text);
    insert.bind(4, event.key.strong ? 1 : 0).bind(5, callback.received_at.ms);
    insert.bind(6, event.sendings).bind(7, event.round).bind(8, event.keep ? 1 : 0);
    insert.bind(9, callback.method).bind(10, callback.target).bind(11, callback.remote_address);
    insert.bind(12, callback.scheme).bind(13, callback.prefix).bind_blob(14, headers);
    insert.bind_blob(15, callback.body).bind(16, bytes_of(callback));
    if (event.replay_of) insert.bind(17, id_of(*event.replay_of));
    return insert.run();
}

Result<Done> RelayStore::replace(const StoredEvent& event) {
    const Callback& callback = *event.callback;
    const std::string headers = packed(callback.headers);
    Statement& update = replace_->again();
    update.bind(1, id_of(callback.id)).bind(2, callback.received_at.ms).bind(3, event.sendings);
    update.bind(4, event.round).bind(5, callback.method).bind(6, callback.target);
    update.bind(7, callback.remote_address).bind(8, callback.scheme).bind(9, callback.prefix);
    update.bind_blob(10, headers).bind_blob(11, callback.body).bind(12, bytes_of(callback));
    TOLLGATE_DO(update.run());
    // Forgotten meanwhile: it is as good as new.
    if (db_.changed_rows() == 0) return add(event);
    return Done{};
}

Result<Done> RelayStore::add_attempt(std::uint64_t id, const Attempt& attempt, ExchangeState state,
                                     int sendings) {
    const std::string headers = packed(attempt.headers);
    Statement& insert = add_attempt_->again();
    insert.bind(1, id_of(id)).bind(2, attempt.number).bind(3, attempt.began_at.ms);
    insert.bind(4, std::int64_t{attempt.duration.count()}).bind(5, attempt.status);
    insert.bind(6, attempt.error).bind_blob(7, headers).bind_blob(8, attempt.body_start);
    insert.bind(9, static_cast<std::int64_t>(attempt.body_bytes));
    TOLLGATE_DO(insert.run());
    Statement& update = set_state_->again();
    update.bind(1, id_of(id)).bind(2, static_cast<int>(state)).bind(3, sendings);
    return update.bind(4, attempt.status).run();
}

Result<Done> RelayStore::drop(const std::vector<std::uint64_t>& ids) {
    for (const std::uint64_t id : ids) TOLLGATE_DO(drop_->again().bind(1, id_of(id)).run());
    return Done{};
}

Result<std::int64_t> RelayStore::forget(const std::string& tunnel, Timestamp oldest,
                                        std::int64_t bytes_max, int limit) {
    TOLLGATE_TRY(auto total, db_.prepare("SELECT ifnull(sum(bytes), 0) FROM event"
                                         " WHERE tunnel = ? AND state > 0"));
    total.bind(1, tunnel);
    TOLLGATE_TRY(const bool has_total, total.step());
    std::int64_t over = has_total ? total.integer(0) - bytes_max : 0;
    TOLLGATE_TRY(auto select, db_.prepare("SELECT id, bytes, received_ms FROM event"
                                          " WHERE tunnel = ? AND state > 0 ORDER BY id LIMIT ?"));
    select.bind(1, tunnel).bind(2, limit);
    std::vector<std::int64_t> gone;
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row || (over <= 0 && select.integer(2) >= oldest.ms)) break;
        gone.push_back(select.integer(0));
        over -= select.integer(1);
    }
    for (const char* sql :
         {"DELETE FROM attempt WHERE event_id = ?", "DELETE FROM event WHERE id = ?"}) {
        TOLLGATE_TRY(auto remove, db_.prepare(sql));
        for (const std::int64_t id : gone) TOLLGATE_DO(remove.again().bind(1, id).run());
    }
    return static_cast<std::int64_t>(gone.size());
}

Result<std::vector<RelayStore::Waiting>> RelayStore::waiting() {
    TOLLGATE_TRY(auto select,
                 db_.prepare("SELECT id, tunnel, event_key, key_strong, bytes, first_received_ms,"
                             " round, sendings, keep, method, target,"
                             " (SELECT ifnull(max(number), 0) FROM attempt WHERE event_id = id)"
                             " FROM event WHERE state = 0 ORDER BY id"));
    std::vector<Waiting> waiting;
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) return waiting;
        const std::string target = select.text(10);
        waiting.push_back(
            {.tunnel = select.text(1),
             .keep = select.integer(8) != 0,
             .method = select.text(9),
             .restored = {.id = static_cast<std::uint64_t>(select.integer(0)),
                          .key = {.text = select.text(2), .strong = select.integer(3) != 0},
                          .place = select.text(9) + " " + target.substr(0, target.find('?')),
                          .bytes = select.integer(4),
                          .first_received_at = Timestamp{select.integer(5)},
                          .attempts = static_cast<int>(select.integer(11)),
                          .round = static_cast<int>(select.integer(6)),
                          .sendings = static_cast<int>(select.integer(7))}});
    }
}

Result<std::vector<RelayStore::FinishedKey>> RelayStore::finished_keys(int limit) {
    TOLLGATE_TRY(auto select, db_.prepare("SELECT tunnel, event_key, id, round, sendings FROM"
                                          " (SELECT * FROM event WHERE state > 0 AND key_strong = 1"
                                          "  ORDER BY id DESC LIMIT ?) ORDER BY id"));
    select.bind(1, limit);
    std::vector<FinishedKey> keys;
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) return keys;
        keys.push_back({.tunnel = select.text(0),
                        .key = {.text = select.text(1), .strong = true},
                        .id = static_cast<std::uint64_t>(select.integer(2)),
                        .round = static_cast<int>(select.integer(3)),
                        .sendings = static_cast<int>(select.integer(4))});
    }
}

Result<std::uint64_t> RelayStore::last_id() {
    TOLLGATE_TRY(auto select, db_.prepare("SELECT ifnull(max(id), 0) FROM event"));
    TOLLGATE_TRY(const bool row, select.step());
    return row ? static_cast<std::uint64_t>(select.integer(0)) : 0;
}

Result<Done> RelayStore::checkpoint() {
    const int code = sqlite3_wal_checkpoint_v2(checkpointer_.get(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return Done{};
    return sqlite_error(checkpointer_.get());
}

}  // namespace tollgate::tunnel
