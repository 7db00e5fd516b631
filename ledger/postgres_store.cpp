#include "ledger/postgres_store.h"

#include <mutex>
#include <utility>
#include <vector>

#include "ledger/migrations.h"
#include "ledger/postgres_books.h"
#include "ledger/postgres_door.h"
#include "ledger/postgres_hints.h"
#include "ledger/postgres_migrate.h"
#include "ledger/postgres_partitions.h"
#include "ledger/postgres_reading.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {
namespace {

constexpr std::size_t kIdleReadersMax = 16;
// A process that has not written for so long is gone, and nobody asks what it did last.
constexpr std::chrono::hours kWriterKept{24 * 30};

constexpr const char* kAddWriter =
    "INSERT INTO writer (batch, seen_ms) VALUES (0, $1) RETURNING id";
constexpr const char* kForgetWriters =
    "DELETE FROM writer WHERE id IN (SELECT id FROM writer WHERE seen_ms < $1"
    " FOR UPDATE SKIP LOCKED)";
constexpr const char* kNoteBatch =
    "INSERT INTO writer AS old (id, batch, seen_ms) OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3)"
    " ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, seen_ms = excluded.seen_ms"
    " WHERE old.batch < excluded.batch";
// Waits until the transaction that has written the row has ended, whoever still runs it; and sees
// to it that a batch that is still under way to the server (behind a proxy, say) can no longer
// commit: it would find the row ahead of it.
constexpr const char* kEndDoubt =
    "UPDATE writer SET batch = CASE batch WHEN $2 THEN batch ELSE greatest(batch, $2 + 1) END"
    " WHERE id = $1 RETURNING batch";

constexpr const char* kServerTime = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

class PostgresWriteConnection final : public WriteConnection {
public:
    PostgresWriteConnection(std::shared_ptr<PostgresDoor> door, std::chrono::seconds doubt_max,
                            Clock& clock)
        : door_(std::move(door)), doubt_max_(doubt_max), clock_(clock) {}

    Result<Done> open() { return connect(); }

    Books& books() override { return books_; }
    Result<Done> begin(Care care) override {
        books_.forget_batch();
        TOLLGATE_DO(connect());
        return session_.begin(care);
    }
    bool looks_ahead() const override { return true; }
    Result<Done> foresee(const Foresight& keys) override { return books_.fetch(keys); }
    Result<Done> savepoint(std::size_t unit) override {
        session_.begin_unit(unit);
        return Done{};
    }
    Result<Done> release_savepoint() override { return session_.end_unit(); }
    Result<Done> undo_to_savepoint() override { return session_.undo_unit(); }
    bool in_transaction() const override { return session_.in_transaction(); }
    AfterDrop after_drop() const override {
        return {.again = AfterDrop::Again::together, .culprit = session_.culprit()};
    }
    bool has_written() const override { return session_.has_written(); }
    void roll_back() override { session_.roll_back(); }

    Commit commit(std::string* reason) override {
        ++batch_;
        std::optional<Error> why;
        const auto end = session_.commit({kNoteBatch, {writer_, batch_, clock_.now().ms}}, &why);
        if (why) *reason = why->message();
        switch (end) {
            case PostgresSession::End::committed: return Commit::durable;
            case PostgresSession::End::rolled_back:
                // Somebody else writes under our number (a server that took over may not have known
                // it): the next try takes another one.
                if (why->reason() == kRefused && !session_.culprit()) writer_ = 0;
                return why->reason() == "disk_full" ? Commit::rolled_back : Commit::refused;
            case PostgresSession::End::lost: break;
        }
        // Nothing written, nothing to ask about.
        if (!session_.has_written()) return Commit::refused;
        doubt_began_ = clock_.monotonic();
        return Commit::unknown;
    }

    Commit resolve(std::string* reason) override {
        const auto batch = end_doubt();
        if (batch && *batch) {
            if (**batch == batch_) return Commit::durable;
            batch_ = **batch;
            return Commit::rolled_back;
        }
        if (batch) {
            *reason = "the row that tells of this process's last batch is gone";
            return Commit::in_doubt;
        }
        *reason = batch.error().message();
        const bool patient = clock_.monotonic() - doubt_began_ < doubt_max_;
        return patient ? Commit::unknown : Commit::in_doubt;
    }

private:
    Result<Done> connect() {
        TOLLGATE_DO(session_.connect());
        if (writer_ != 0) return Done{};
        const Timestamp now = clock_.now();
        auto outcome =
            session_.ask({{kForgetWriters, {(now + -kWriterKept).ms}}, {kAddWriter, {now.ms}}});
        if (outcome.error) {
            session_.disconnect();
            return *std::move(outcome.error);
        }
        writer_ = outcome.rows.back()[0].integer(0);
        session_.set_writer(writer_);
        return Done{};
    }

    // The last batch of ours that is committed, or what stands in its way.
    Result<std::optional<std::int64_t>> end_doubt() {
        TOLLGATE_DO(session_.connect());
        auto outcome = session_.ask({{kEndDoubt, {writer_, batch_}}});
        if (outcome.error) return *std::move(outcome.error);
        const PostgresRows& rows = outcome.rows.back();
        if (rows.empty()) return std::optional<std::int64_t>();
        return std::optional(rows[0].integer(0));
    }

    const std::shared_ptr<PostgresDoor> door_;
    const std::chrono::seconds doubt_max_;
    Clock& clock_;
    PostgresSession session_{*door_, PostgresSession::Use::writing};
    PostgresBooks books_{session_};
    std::int64_t writer_ = 0;  // Our row in the table of that name.
    std::int64_t batch_ = 0;   // The last that we have tried to commit.
    std::chrono::nanoseconds doubt_began_{};
};

class PostgresStore final : public Store {
public:
    PostgresStore(std::shared_ptr<PostgresDoor> door, std::chrono::seconds doubt_max, Clock& clock)
        : door_(std::move(door)), doubt_max_(doubt_max), clock_(clock) {}

    Result<std::unique_ptr<WriteConnection>> write_connection() override {
        auto connection = std::make_unique<PostgresWriteConnection>(door_, doubt_max_, clock_);
        TOLLGATE_DO(connection->open());
        return std::unique_ptr<WriteConnection>(std::move(connection));
    }

    Result<ReadLease> read() override {
        std::unique_ptr<Reading> reading;
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                reading = std::move(idle_.back());
                idle_.pop_back();
            }
        }
        if (reading == nullptr) reading = std::make_unique<PostgresReading>(door_);
        return ReadLease(std::move(reading), [this](std::unique_ptr<Reading> back) {
            const std::lock_guard lock(mutex_);
            if (idle_.size() < kIdleReadersMax) idle_.push_back(std::move(back));
        });
    }

    Result<Done> checkpoint() override { return Done{}; }  // The server's own business.

    Result<std::chrono::milliseconds> clock_ahead_of(Clock& ours) override {
        const std::lock_guard lock(clock_mutex_);
        const Timestamp before = ours.now();
        TOLLGATE_TRY(const auto rows, asking_.query(kServerTime));
        // Between the two the server has looked at its clock.
        const Timestamp middle = before + (ours.now() - before) / 2;
        return std::chrono::milliseconds(rows[0].integer(0) - middle.ms);
    }
    Result<Done> turn_partitions(Timestamp now, const PartitionAges& ages) override {
        return partitions_.turn(now, ages);
    }
    bool is_shared() const override { return true; }
    Hints* hints() override { return &hints_; }

private:
    const std::shared_ptr<PostgresDoor> door_;
    const std::chrono::seconds doubt_max_;
    Clock& clock_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Reading>> idle_;
    std::mutex clock_mutex_;
    PostgresSession asking_{*door_, PostgresSession::Use::reading};
    PostgresHints hints_{door_, clock_};
    PostgresPartitions partitions_{*door_};
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(PostgresOptions options, Clock& clock) {
    auto door = std::make_shared<PostgresDoor>(std::move(options.address), clock);
    TOLLGATE_TRY(const auto connection, door->open());
    if (options.migrates) {
        TOLLGATE_DO(migrate_postgres(*connection, postgres_migrations(), clock.now()));
    } else {
        TOLLGATE_DO(check_postgres_schema(*connection, postgres_migrations()));
    }
    return std::unique_ptr<Store>(
        std::make_unique<PostgresStore>(std::move(door), options.doubt_max, clock));
}

}  // namespace tollgate::ledger
