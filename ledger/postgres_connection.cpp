#include "ledger/postgres_connection.h"

#include <array>
#include <cerrno>
#include <charconv>

#include <poll.h>

#include "base/check.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kSettings =
    "SELECT set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false),"
    // A transaction whose client has vanished keeps its locks no longer than this.
    " set_config('idle_in_transaction_session_timeout', $1, false),"
    " set_config('tcp_keepalives_idle', '5', false),"
    " set_config('tcp_keepalives_interval', '5', false),"
    " set_config('tcp_keepalives_count', '3', false),"
    // An answered payment is on the disk, whatever the server's own default is.
    " CASE WHEN current_setting('synchronous_commit') = 'off'"
    "   THEN set_config('synchronous_commit', 'on', false) END";

// When nothing comes for so long, it is not only a busy server any more, perhaps.
constexpr std::chrono::milliseconds kQuiet{1'000};

bool is_class(std::string_view state, std::string_view two) {
    return state.substr(0, 2) == two;
}

Error unavailable(std::string message, std::string_view reason) {
    return Error(ErrorCode::unavailable, std::move(message)).because(reason);
}

// What the server said, as our Error: see postgres_connection.h and sqlite_error().
Error error_of(const PGresult* result) {
    const char* const field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const std::string_view state = field == nullptr ? "" : field;
    const char* const primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    std::string message = "postgres: " + std::string(primary == nullptr ? "no answer" : primary) +
                          " (" + std::string(state) + ")";
    if (state == "40001" || state == "40P01") {
        return unavailable(std::move(message), kSerializationFailure);
    }
    if (state == "TG001") return Error(ErrorCode::stale_version, message).because(kRefused);
    if (state == "22021") {
        return Error(ErrorCode::invalid_argument, "what is looked for is no text (UTF-8)");
    }
    if (state == "53100") return unavailable(std::move(message), "disk_full");
    if (state == "55P03") return unavailable(std::move(message), "storage_busy");
    if (is_class(state, "23")) return Error(ErrorCode::conflict, std::move(message));
    if (state == "XX001" || state == "XX002") {
        return Error(ErrorCode::data_corruption, std::move(message));
    }
    for (const std::string_view of_the_server : {"08", "53", "57", "58", "25"}) {
        if (is_class(state, of_the_server)) {
            return unavailable(std::move(message), "storage_unavailable");
        }
    }
    return Error(ErrorCode::internal, std::move(message));
}

}  // namespace

PostgresAddress PostgresAddress::clone() const {
    return {.conninfo = conninfo,
            .password = password.clone(),
            .connect_timeout = connect_timeout,
            .statement_timeout = statement_timeout,
            .lock_timeout = lock_timeout,
            .network_margin = network_margin};
}

std::int64_t PostgresRow::integer(int column) const {
    const std::string_view digits = view(column);
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

std::string_view PostgresRow::view(int column) const {
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::string PostgresRow::bytes(int column) const {
    std::size_t size = 0;
    const std::unique_ptr<unsigned char, FreePostgres> raw(PQunescapeBytea(
        reinterpret_cast<const unsigned char*>(PQgetvalue(result_, row_, column)), &size));
    TOLLGATE_CHECK(raw != nullptr);  // No memory.
    return {reinterpret_cast<const char*>(raw.get()), size};
}

std::optional<std::string> PostgresRow::optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return text(column);
}

std::optional<std::int64_t> PostgresRow::optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
}

std::int64_t PostgresRows::changed() const {
    const std::string_view digits = PQcmdTuples(result_.get());
    std::int64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

Error PostgresRows::error() const {
    return error_of(result_.get());
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(
    const PostgresAddress& address, std::chrono::milliseconds unacknowledged_max) {
    const std::string connect_timeout = std::to_string(address.connect_timeout.count());
    std::string password(address.password.reveal());
    // In the order in which they count: what stands in the conninfo wins, but for what follows it.
    const std::string acknowledged_within = std::to_string(unacknowledged_max.count());
    std::vector<const char*> keys = {
        "application_name", "connect_timeout",  "keepalives_idle", "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "dbname",          "client_encoding"};
    std::vector<const char*> values = {"tollgate",
                                       connect_timeout.c_str(),
                                       "5",
                                       "2",
                                       "3",
                                       acknowledged_within.c_str(),
                                       address.conninfo.c_str(),
                                       "UTF8"};
    if (!address.password.empty()) {
        keys.push_back("password");
        values.push_back(password.c_str());
    }
    keys.push_back(nullptr);
    values.push_back(nullptr);
    constexpr int kExpandDbname = 1;
    PGconn* const raw = PQconnectdbParams(keys.data(), values.data(), kExpandDbname);
    wipe_memory(password.data(), password.size());
    TOLLGATE_CHECK(raw != nullptr);
    std::unique_ptr<PostgresConnection> connection(std::make_unique<PostgresConnection>(
        Opened{}, raw, address.statement_timeout + address.network_margin));
    if (PQstatus(raw) != CONNECTION_OK) return connection->lost_error();
    PQsetNoticeProcessor(
        raw, [](void*, const char*) {}, nullptr);
    // By run(), which waits no longer for that than for anything else.
    auto prepared = connection->run({{kSettings,
                                      {std::to_string(address.statement_timeout.count()),
                                       std::to_string(address.lock_timeout.count())}}});
    if (prepared.error) return *std::move(prepared.error);
    return connection;
}

PostgresConnection::Outcome PostgresConnection::run(
    const std::vector<PostgresStatement>& statements) {
    Outcome outcome;
    std::vector<const char*> answers;  // In their order: what was prepared, or nothing.
    const bool sent = !lost_ && send(statements, answers) && push();
    std::size_t taken = 0;
    while (sent && !lost_) {
        PGresult* const result = next_result();
        if (lost_) break;
        if (result == nullptr) continue;  // Between two answers.
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            break;
        }
        if (taken == answers.size()) {
            // Not about any of the statements: the server ends the session, which it may say when
            // it has just done the last of them. What became of that is to be asked elsewhere.
            PQclear(result);
            lost_ = true;
            break;
        }
        take(result, answers[taken++], outcome);
    }
    if (sent && !lost_ && PQexitPipelineMode(handle_.get()) != 1) lost_ = true;
    if (!sent) lost_ = true;
    if (lost_) {
        outcome.lost = true;
        outcome.error = lost_error();
    }
    return outcome;
}

// Puts everything into libpq's buffer, behind what it has to be prepared by.
bool PostgresConnection::send(const std::vector<PostgresStatement>& statements,
                              std::vector<const char*>& answers) {
    PGconn* const db = handle_.get();
    // Nonblocking, else both sides might wait with full buffers for the other to read.
    if (PQsetnonblocking(db, 1) != 0 || PQenterPipelineMode(db) != 1) return false;
    std::unordered_map<const char*, std::string> on_their_way;
    std::vector<const char*> values;
    std::vector<int> sizes;
    std::vector<int> formats;
    for (const PostgresStatement& statement : statements) {
        auto named = names_.find(statement.sql);
        if (named == names_.end()) {
            const auto [fresh, is_new] = on_their_way.try_emplace(statement.sql);
            if (is_new) {
                fresh->second = "t" + std::to_string(++prepared_);
                answers.push_back(statement.sql);
                if (PQsendPrepare(db, fresh->second.c_str(), statement.sql, 0, nullptr) != 1) {
                    return false;
                }
            }
            named = fresh;
        }
        values.clear();
        sizes.clear();
        formats.clear();
        for (const PostgresValue& value : statement.values) {
            values.push_back(value.data());
            sizes.push_back(value.size());
            formats.push_back(value.is_binary() ? 1 : 0);
        }
        answers.push_back(nullptr);
        if (PQsendQueryPrepared(db, named->second.c_str(), static_cast<int>(values.size()),
                                values.data(), sizes.data(), formats.data(), 0) != 1) {
            return false;
        }
    }
    on_their_way_ = std::move(on_their_way);
    return PQpipelineSync(db) == 1;
}

// Until all of it is with the system. What comes meanwhile is read: the server may wait for that.
bool PostgresConnection::push() {
    for (;;) {
        const int left = PQflush(handle_.get());
        if (left == 0) return true;
        if (left < 0 || !wait(true)) return false;
    }
}

PGresult* PostgresConnection::next_result() {
    while (PQisBusy(handle_.get()) == 1) {
        if (!wait(false)) {
            lost_ = true;
            return nullptr;
        }
    }
    PGresult* const result = PQgetResult(handle_.get());
    if (PQstatus(handle_.get()) == CONNECTION_BAD) {
        PQclear(result);
        lost_ = true;
        return nullptr;
    }
    return result;
}

bool PostgresConnection::wait(bool to_write) {
    pollfd socket{.fd = PQsocket(handle_.get()),
                  .events = static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN),
                  .revents = 0};
    is_silent_ = false;
    int ready = 0;
    for (std::chrono::milliseconds waited{0}; ready <= 0; waited += kQuiet) {
        ready = ::poll(&socket, 1, static_cast<int>(kQuiet.count()));
        if (ready < 0 && errno != EINTR) return false;
        is_silent_ = is_silent_ || ready == 0;
        if (ready <= 0 && silence_max_.count() >= 0 && waited + kQuiet >= silence_max_)
            return false;
    }
    return (socket.revents & ~POLLOUT) == 0 || PQconsumeInput(handle_.get()) == 1;
}

void PostgresConnection::take(PGresult* result, const char* prepared, Outcome& outcome) {
    PostgresRows rows(result);
    switch (PQresultStatus(result)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            if (prepared == nullptr) {
                outcome.rows.push_back(std::move(rows));
            } else {
                names_[prepared] = on_their_way_[prepared];
            }
            return;
        case PGRES_PIPELINE_ABORTED: return;  // Behind the one that failed.
        case PGRES_EMPTY_QUERY:
        case PGRES_COPY_OUT:
        case PGRES_COPY_IN:
        case PGRES_BAD_RESPONSE:
        case PGRES_NONFATAL_ERROR:
        case PGRES_FATAL_ERROR:
        case PGRES_COPY_BOTH:
        case PGRES_SINGLE_TUPLE:
        case PGRES_PIPELINE_SYNC: break;
    }
    if (!outcome.error) outcome.error = error_of(result);
}

Result<Done> PostgresConnection::have_patience() {
    silence_max_ = std::chrono::milliseconds(-1);
    return run_script(
        "SET statement_timeout = 0; SET lock_timeout = 0;"
        " SET idle_in_transaction_session_timeout = 0");
}

Result<Done> PostgresConnection::run_script(const char* script) {
    TOLLGATE_TRY([[maybe_unused]] const auto rows, ask_script(script));
    return Done{};
}

Result<PostgresRows> PostgresConnection::ask_script(const char* script) {
    if (lost_ || PQsetnonblocking(handle_.get(), 0) != 0) return lost_error();
    PostgresRows rows(PQexec(handle_.get(), script));
    const auto status = rows.status();
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return rows;
    if (PQstatus(handle_.get()) == CONNECTION_BAD) {
        lost_ = true;
        return lost_error();
    }
    return rows.error();
}

bool PostgresConnection::is_alive() {
    for (;;) {
        pollfd socket{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0};
        if (lost_ || ::poll(&socket, 1, 0) <= 0) return !lost_;
        // A notice, or the end.
        lost_ = PQconsumeInput(handle_.get()) != 1 || PQstatus(handle_.get()) == CONNECTION_BAD;
    }
}

PostgresConnection::Heard PostgresConnection::listen(int other,
                                                     std::chrono::milliseconds patience) {
    // What came with the answer to a statement does not make the socket readable any more.
    if (heard_others()) return Heard::word;
    std::array<pollfd, 2> both = {
        pollfd{.fd = PQsocket(handle_.get()), .events = POLLIN, .revents = 0},
        pollfd{.fd = other, .events = POLLIN, .revents = 0}};
    if (lost_) return Heard::lost;
    if (::poll(both.data(), both.size(), static_cast<int>(patience.count())) <= 0) {
        return Heard::nothing;
    }
    if (both[1].revents != 0) return Heard::other;
    if (!is_alive()) return Heard::lost;
    return heard_others() ? Heard::word : Heard::nothing;
}

// Takes all that was heard; its own word comes back, too.
bool PostgresConnection::heard_others() {
    bool heard = false;
    while (const std::unique_ptr<PGnotify, FreePostgres> word{PQnotifies(handle_.get())}) {
        heard = heard || word->be_pid != PQbackendPID(handle_.get());
    }
    return heard;
}

Error PostgresConnection::lost_error() {
    std::string why = PQerrorMessage(handle_.get());
    while (!why.empty() && (why.back() == '\n' || why.back() == ' ')) why.pop_back();
    if (why.empty()) why = "no answer in time";
    return unavailable("postgres: " + why, "storage_unavailable");
}

}  // namespace tollgate::ledger
