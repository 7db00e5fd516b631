#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.h"
#include "base/sqlite.h"
#include "tunnel/event_queue.h"
#include "tunnel/exchange.h"

namespace tollgate::tunnel {

// What one callback looks like to the store.
struct StoredEvent {
    std::shared_ptr<const Callback> callback;
    std::string tunnel;
    EventKey key;
    int sendings = 1;
    int round = 1;
    bool keep = true;
    std::optional<std::uint64_t> replay_of;
};

// Roughly what it takes on the disk: what the limits of a tunnel count.
std::int64_t bytes_of(const Callback& callback);

// The relay's own SQLite file: callbacks and what became of them. Writing happens on one thread,
// inside transactions that the GroupWriter opens.
class RelayStore {
public:
    enum class Durability {
        full,  // A COMMIT is on the disk when it returns.
        off,   // It outlives our process but not the machine's. For trials and benchmarks.
    };
    // Makes or opens the file, brings its schema up to date, and takes its lock. Errors:
    // unavailable when another relay has it, failed_precondition when a newer one wrote it.
    static Result<std::unique_ptr<RelayStore>> open(const std::string& file, Durability durability,
                                                    Timestamp now);

    Result<Done> begin() { return db_.run("BEGIN IMMEDIATE"); }
    Result<Done> commit() { return db_.run("COMMIT"); }
    void roll_back();

    Result<Done> add(const StoredEvent& event);
    // The newest sending's bytes in the place of the older ones'; it waits again.
    Result<Done> replace(const StoredEvent& event);
    Result<Done> add_attempt(std::uint64_t id, const Attempt& attempt, ExchangeState state,
                             int sendings);
    Result<Done> drop(const std::vector<std::uint64_t>& ids);
    // Forgets finished ones: those that came before `oldest`, and then the oldest until the
    // tunnel's finished ones take at most bytes_max; at most `limit` a call. Gives how many went.
    Result<std::int64_t> forget(const std::string& tunnel, Timestamp oldest, std::int64_t bytes_max,
                                int limit);

    // For the start.
    struct Waiting {
        std::string tunnel;
        bool keep = true;
        std::string method;
        EventQueue::Restored restored;
    };
    Result<std::vector<Waiting>> waiting();
    struct FinishedKey {
        std::string tunnel;
        EventKey key;
        std::uint64_t id = 0;
        int round = 1;
        int sendings = 1;
    };
    // The newest ones with a strong key, oldest first.
    Result<std::vector<FinishedKey>> finished_keys(int limit);
    Result<std::uint64_t> last_id();

    // Moves the log into the file. Call from a thread of its own, never the writer's.
    Result<Done> checkpoint();

    RelayStore(FileLock lock, Database db, Database checkpointer);  // Use open().

private:
    Result<Done> prepare();

    FileLock lock_;
    Database db_;
    Database checkpointer_;
    std::optional<Statement> add_;
    std::optional<Statement> replace_;
    std::optional<Statement> add_attempt_;
    std::optional<Statement> set_state_;
    std::optional<Statement> drop_;
};

// Reads what is committed, beside the writer. Safe from any thread; one reads at a time.
class RelayReader {
public:
    static Result<std::unique_ptr<RelayReader>> open(const std::string& file);

    Result<std::shared_ptr<const Callback>> callback(std::uint64_t id);
    Result<Exchange> find(std::uint64_t id);
    Result<std::vector<Exchange>> list(std::uint64_t before, const ExchangeFilter& filter,
                                       std::size_t limit);

    explicit RelayReader(Database db) : db_(std::move(db)) {}  // Use open().

private:
    Result<Done> add_attempts(Exchange& exchange);

    std::mutex mutex_;
    Database db_;
};

}  // namespace tollgate::tunnel
