#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ledger/postgres_door.h"
#include "ledger/store.h"

namespace tollgate::ledger {

// What Reading and Books say to one connection, and when it goes there.
//
// Outside a transaction (a reader's session) each query runs at once. Inside one, what is written
// waits in line until something is read, or until the end: a batch of units that know what they
// read (Foresight) costs two round trips, however many they are.
//
// A unit whose error comes before any of its writes has left simply loses its place in the line. A
// savepoint stands before the writes of a unit only when they must leave before it ends: more than
// a few dozen in one transaction slow the whole server down.
class PostgresSession {
public:
    enum class Use { reading, writing };

    PostgresSession(PostgresDoor& door, Use use) : door_(door), use_(use) {}

    // --- for Reading and Books -------------------------------------------------------------------

    // What is read; sends all that is in line before it.
    template <typename... Values>
    Result<PostgresRows> query(const char* sql, const Values&... values) {
        return run_now({sql, {PostgresValue(values)...}}, false);
    }
    // What is written and answers at once.
    template <typename... Values>
    Result<PostgresRows> write_now(const char* sql, const Values&... values) {
        return run_now({sql, {PostgresValue(values)...}}, true);
    }
    // What is written whatever it finds; its error comes with the unit's end, or later.
    template <typename... Values>
    Result<Done> write(const char* sql, const Values&... values) {
        put({sql, {PostgresValue(values)...}});
        return Done{};
    }
    // What must write exactly one row. Errors, with the unit's end or later: stale_version.
    template <typename... Values>
    Result<Done> change_one(const char* sql, const Values&... values) {
        put({demanding(sql), {PostgresValue(values)...}});
        return Done{};
    }
    // A SELECT that locks, so that nobody writes what it reads before the transaction ends; where
    // there is no transaction it is read as it is. `sql` begins with "SELECT".
    template <typename... Values>
    Result<PostgresRows> query_locked(const char* sql, const char* table, const Values&... values) {
        return query(in_transaction_ ? locking(sql, table) : sql, values...);
    }
    // An INSERT … ON CONFLICT DO NOTHING that must add its row. Alone, it tells at once: taken().
    // Among others: with the unit's end or later, and then the unit runs again, alone.
    template <typename... Values>
    Result<Done> add_one(const char* sql, const Values&... values) {
        if (care_ == WriteConnection::Care::among_others) return change_one(sql, values...);
        TOLLGATE_TRY(const auto rows, write_now(sql, values...));
        if (rows.changed() == 1) return Done{};
        return taken("a unique key is taken");
    }
    // The error of who met a key that is taken. It may have been taken after the unit had looked:
    // the first time it is stale_version, with which the unit runs again and finds it.
    Error taken(const char* what);
    bool in_transaction() const { return in_transaction_; }
    // This process's number among those that write.
    std::int64_t writer() const { return writer_; }

    // --- for the store ---------------------------------------------------------------------------

    Result<Done> connect();  // When there is no connection that lives.
    void set_writer(std::int64_t number) { writer_ = number; }
    void disconnect() { connection_.reset(); }
    bool is_connected() const { return connection_ != nullptr && !connection_->is_lost(); }
    // Runs them as they are, on the connection that there is; outside a transaction each commits by
    // itself.
    PostgresConnection::Outcome ask(const std::vector<PostgresStatement>& statements);

    Result<Done> begin(WriteConnection::Care care);
    void begin_unit(std::size_t place);
    Result<Done> end_unit();
    Result<Done> undo_unit();
    void roll_back();

    enum class End { committed, rolled_back, lost };
    // `last` is written before the COMMIT when anything was, and must write exactly one row. On
    // anything but committed, *why.
    End commit(PostgresStatement last, std::optional<Error>* why);

    bool has_written() const { return wrote_; }
    // After the transaction was given up: the unit whose failure was the reason, if it was one's.
    std::optional<std::size_t> culprit() const { return culprit_; }
    // Runs several reads in one round trip, with what is in line before them.
    Result<std::vector<PostgresRows>> query_all(std::vector<PostgresStatement> reads);
    const char* locking(const char* sql, const char* table);

private:
    struct Waiting {
        PostgresStatement statement;
        std::size_t unit = 0;
    };
    static constexpr std::size_t kNoUnit = static_cast<std::size_t>(-1);

    void put(PostgresStatement statement);
    void put_control(const char* sql);
    void set_savepoint();
    Result<PostgresRows> run_now(PostgresStatement statement, bool writes);
    // Sends all of the line; the rows of each.
    Result<std::vector<PostgresRows>> flush();
    Error failed(PostgresConnection::Outcome outcome, const std::vector<std::size_t>& units);
    const char* demanding(const char* sql);

    PostgresDoor& door_;
    const Use use_;
    std::int64_t writer_ = 0;
    std::unique_ptr<PostgresConnection> connection_;
    std::int64_t silences_ = 0;  // The door's, when the connection was made.
    std::unordered_map<const char*, std::string> demanding_;
    std::unordered_map<const char*, std::string> locking_;

    WriteConnection::Care care_ = WriteConnection::Care::among_others;
    bool in_transaction_ = false;
    bool wrote_ = false;
    bool sent_ = false;  // Something of this transaction has gone to the server.
    std::vector<Waiting> line_;
    std::size_t unit_ = kNoUnit;  // Its place in the transaction.
    std::size_t unit_begin_ = 0;  // Where in the line the unit's own begins.
    bool in_unit_ = false;
    bool has_savepoint_ = false;   // In the line or at the server, …
    bool savepoint_sent_ = false;  // … or at the server.
    std::optional<std::size_t> culprit_;
    std::size_t raced_ = kNoUnit;  // The last unit that was told to look again.
};

}  // namespace tollgate::ledger
