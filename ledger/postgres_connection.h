#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

#include "base/result.h"
#include "base/secret.h"

namespace tollgate::ledger {

struct ClosePostgres {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct ClearPostgres {
    void operator()(PGresult* result) const { PQclear(result); }
};

struct FreePostgres {
    void operator()(void* memory) const { PQfreemem(memory); }
};

// Where the database is, and how long anything may take there.
struct PostgresAddress {
    std::string conninfo;  // libpq's "host=… dbname=…" or URI, without a password.
    Secret password;       // Empty: libpq's own ways (peer, .pgpass).
    std::chrono::seconds connect_timeout{5};
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds lock_timeout{5'000};
    // Beyond what the server allows a statement, for the way there and back.
    std::chrono::milliseconds network_margin{5'000};

    PostgresAddress clone() const;
};

// Reasons of errors that the database gives, beside those of SQLite (see sqlite_error()).
inline constexpr std::string_view kSerializationFailure = "serialization_failure";
inline constexpr std::string_view kRefused = "refused";  // kDemand was not met.

// A value that a statement takes: absent is NULL. PostgreSQL's texts are UTF-8 without the zero
// byte; what is not becomes U+FFFD, so that it is stored, and a search for it finds nothing.
class PostgresValue {
public:
    PostgresValue(std::int64_t number) : text_(std::to_string(number)) {}
    PostgresValue(int number) : text_(std::to_string(number)) {}
    PostgresValue(bool) = delete;  // Say 0 or 1.
    PostgresValue(std::string_view text);
    PostgresValue(const char* text) : PostgresValue(std::string_view(text)) {}
    PostgresValue(const std::string& text) : PostgresValue(std::string_view(text)) {}
    PostgresValue(const std::optional<std::string>& text);
    PostgresValue(const std::optional<std::string_view>& text);
    PostgresValue(const std::optional<std::int64_t>& number);

    // For bytea: the bytes as they are.
    static PostgresValue bytes(std::string_view raw);
    // For text[] and bigint[].
    static PostgresValue array(const std::vector<std::string>& texts);
    static PostgresValue array(const std::vector<std::int64_t>& numbers);

    const char* data() const { return text_ ? text_->c_str() : nullptr; }
    int size() const { return text_ ? static_cast<int>(text_->size()) : 0; }
    bool is_binary() const { return binary_; }

private:
    PostgresValue() = default;

    std::optional<std::string> text_;
    bool binary_ = false;
};

// One row of an answer. Columns are 0-based; named as Statement's, so that both are read alike.
class PostgresRow {
public:
    PostgresRow(const PGresult* result, int row) : result_(result), row_(row) {}

    bool is_null(int column) const { return PQgetisnull(result_, row_, column) != 0; }
    std::int64_t integer(int column) const;
    std::string text(int column) const { return std::string(view(column)); }
    // Valid as long as the answer.
    std::string_view view(int column) const;
    // Of a bytea.
    std::string bytes(int column) const;
    std::optional<std::string> optional_text(int column) const;
    std::optional<std::int64_t> optional_integer(int column) const;

private:
    const PGresult* result_;
    int row_;
};

// What a statement gave.
class PostgresRows {
public:
    PostgresRows() = default;
    explicit PostgresRows(PGresult* owned) : result_(owned) {}

    int size() const { return PQntuples(result_.get()); }
    bool empty() const { return size() == 0; }
    PostgresRow operator[](int row) const { return {result_.get(), row}; }
    // How many rows it has written or read.
    std::int64_t changed() const;
    ExecStatusType status() const { return PQresultStatus(result_.get()); }
    Error error() const;  // Of a statement that failed.

private:
    std::unique_ptr<PGresult, ClearPostgres> result_;
};

// One statement with its values. `sql` is told apart by its address, as in StatementCache.
struct PostgresStatement {
    const char* sql = nullptr;
    std::vector<PostgresValue> values;
};

// One connection; from one thread at a time. Each statement is prepared when it is first run.
class PostgresConnection {
    struct Opened {};  // Made by open() alone.

public:
    // A peer whose system takes nothing for `unacknowledged_max` is gone, however long a statement
    // may take. So is one whose backend does not read, when much is sent to it: the less is sent,
    // the sooner may this be said. Errors: unavailable (storage_unavailable).
    static Result<std::unique_ptr<PostgresConnection>> open(
        const PostgresAddress& address,
        std::chrono::milliseconds unacknowledged_max = std::chrono::seconds(15));

    // Runs them in one round trip, in order, until one fails.
    struct Outcome {
        std::vector<PostgresRows> rows;  // Of those that ran.
        std::optional<Error> error;      // Of the one after them; none: all ran.
        bool lost = false;               // The connection is gone: any of them may have run.
    };
    Outcome run(const std::vector<PostgresStatement>& statements);

    // From now on its statements may take as long as they need: for what copies or changes whole
    // tables. A peer that is gone is still noticed, by its system's silence.
    Result<Done> have_patience();

    // A script of several statements, without values: for migrations.
    Result<Done> run_script(const char* script);
    // The same; the rows of the last one.
    Result<PostgresRows> ask_script(const char* script);

    bool is_lost() const { return lost_; }
    // It was lost after it had said nothing for a while, as one whose server or network is away.
    bool fell_silent() const { return lost_ && is_silent_; }
    // False when the server has hung up while nobody asked anything. Between two round trips.
    bool is_alive();

    // After a LISTEN: waits for a word of another connection, for something to read from the
    // descriptor `other`, or until `patience` is over. Between two round trips.
    enum class Heard { nothing, other, word, lost };
    Heard listen(int other, std::chrono::milliseconds patience);

    PostgresConnection(Opened /*made_by_open*/, PGconn* owned,
                       std::chrono::milliseconds silence_max)
        : handle_(owned), silence_max_(silence_max) {}

private:
    bool send(const std::vector<PostgresStatement>& statements, std::vector<const char*>& answers);
    bool push();
    PGresult* next_result();
    bool wait(bool to_write);
    void take(PGresult* result, const char* prepared, Outcome& outcome);
    bool heard_others();
    Error lost_error();

    std::unique_ptr<PGconn, ClosePostgres> handle_;
    std::chrono::milliseconds silence_max_;                      // Negative: as long as it takes.
    std::unordered_map<const char*, std::string> names_;         // Of what is prepared, …
    std::unordered_map<const char*, std::string> on_their_way_;  // … or will be in this round trip.
    std::uint64_t prepared_ = 0;
    bool lost_ = false;
    bool is_silent_ = false;
};

}  // namespace tollgate::ledger
