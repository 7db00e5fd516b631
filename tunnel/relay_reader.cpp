// What the relay's store holds, read back.
#include <algorithm>

#include "tunnel/relay_store.h"
#include "tunnel/wire_bytes.h"

namespace tollgate::tunnel {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, tunnel, state, first_received_ms, received_ms, sendings, method, target,"
    " remote_address, scheme, prefix, headers, body, replay_of FROM event";

Callback callback_of(const Statement& row) {
    Callback callback{.id = static_cast<std::uint64_t>(row.integer(0)),
                      .received_at = Timestamp{row.integer(4)},
                      .method = row.text(6),
                      .target = row.text(7),
                      .headers = WireReader(row.view(11)).headers(),
                      .body = row.text(12),
                      .remote_address = row.text(8),
                      .scheme = row.text(9),
                      .prefix = row.text(10)};
    return callback;
}

Exchange exchange_of(const Statement& row) {
    Exchange exchange{.callback = callback_of(row),
                      .tunnel = row.text(1),
                      .first_received_at = Timestamp{row.integer(3)},
                      .sendings = static_cast<int>(row.integer(5)),
                      .state = static_cast<ExchangeState>(row.integer(2))};
    if (const auto of = row.optional_integer(13)) {
        exchange.replay_of = static_cast<std::uint64_t>(*of);
    }
    return exchange;
}

Error no_such_event() {
    return Error(ErrorCode::not_found, "there is no such exchange, or it has been forgotten");
}

std::optional<std::int64_t> number_of(const std::optional<ExchangeState>& state) {
    if (!state) return std::nullopt;
    return static_cast<std::int64_t>(*state);
}

}  // namespace

Result<std::unique_ptr<RelayReader>> RelayReader::open(const std::string& file) {
    TOLLGATE_TRY(auto db, Database::open(file, Database::Mode::read_only));
    TOLLGATE_DO(db.run("PRAGMA busy_timeout = 5000"));
    return std::make_unique<RelayReader>(std::move(db));
}

Result<std::shared_ptr<const Callback>> RelayReader::callback(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_TRY(auto select, db_.prepare(std::string(kColumns) + " WHERE id = ?"));
    select.bind(1, static_cast<std::int64_t>(id));
    TOLLGATE_TRY(const bool row, select.step());
    if (!row) return no_such_event();
    return std::shared_ptr<const Callback>(std::make_shared<Callback>(callback_of(select)));
}

Result<Exchange> RelayReader::find(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_TRY(auto select, db_.prepare(std::string(kColumns) + " WHERE id = ?"));
    select.bind(1, static_cast<std::int64_t>(id));
    TOLLGATE_TRY(const bool row, select.step());
    if (!row) return no_such_event();
    Exchange exchange = exchange_of(select);
    TOLLGATE_DO(add_attempts(exchange));
    return exchange;
}

Result<std::vector<Exchange>> RelayReader::list(std::uint64_t before, const ExchangeFilter& filter,
                                                std::size_t limit) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_TRY(auto select,
                 db_.prepare(std::string(kColumns) +
                             " WHERE (?1 = 0 OR id < ?1) AND (?2 = '' OR tunnel = ?2)"
                             " AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR last_status = ?4)"
                             " AND (?5 IS NULL OR received_ms >= ?5)"
                             " AND (length(?6) = 0 OR instr(CAST(target AS BLOB), ?6) > 0"
                             "      OR instr(body, ?6) > 0 OR instr(headers, ?6) > 0"
                             "      OR (length(?8) > 0 AND (instr(CAST(target AS BLOB), ?8) > 0"
                             "          OR instr(body, ?8) > 0)))"
                             " ORDER BY id DESC LIMIT ?7"));
    const std::optional<std::int64_t> status =
        filter.status ? std::optional<std::int64_t>(*filter.status) : std::nullopt;
    const std::optional<std::int64_t> since =
        filter.since ? std::optional<std::int64_t>(filter.since->ms) : std::nullopt;
    select.bind(1, static_cast<std::int64_t>(before)).bind(2, filter.tunnel);
    select.bind(3, number_of(filter.state)).bind(4, status).bind(5, since);
    select.bind_blob(6, filter.text).bind(7, static_cast<std::int64_t>(limit));
    select.bind_blob(8, filter.text_encoded);
    std::vector<Exchange> exchanges;
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) break;
        exchanges.push_back(exchange_of(select));
    }
    for (Exchange& exchange : exchanges) TOLLGATE_DO(add_attempts(exchange));
    return exchanges;
}

Result<Done> RelayReader::add_attempts(Exchange& exchange) {
    TOLLGATE_TRY(auto select, db_.prepare("SELECT number, began_ms, duration_ms, status, error,"
                                          " headers, body_start, body_bytes FROM attempt"
                                          " WHERE event_id = ? ORDER BY number DESC LIMIT ?"));
    select.bind(1, static_cast<std::int64_t>(exchange.callback.id));
    select.bind(2, static_cast<std::int64_t>(kAttemptsShownMax));
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) break;
        exchange.attempts.push_back({.number = static_cast<int>(select.integer(0)),
                                     .began_at = Timestamp{select.integer(1)},
                                     .duration = std::chrono::milliseconds(select.integer(2)),
                                     .status = static_cast<int>(select.integer(3)),
                                     .error = select.text(4),
                                     .headers = WireReader(select.view(5)).headers(),
                                     .body_start = select.text(6),
                                     .body_bytes = static_cast<std::size_t>(select.integer(7))});
    }
    std::ranges::reverse(exchange.attempts);
    return Done{};
}

}  // namespace tollgate::tunnel
