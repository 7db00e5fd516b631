#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/books.h"
#include "ledger/hints.h"
#include "ledger/unit.h"

namespace tollgate::ledger {

// One connection that writes. The writer drives it from one thread; nobody else touches it.
class WriteConnection {
public:
    enum class Commit {
        durable,      // It is on the disk.
        rolled_back,  // It is not, and never will be: the work may be done again.
        refused,      // Neither, for what a unit wrote could not stand: see after_drop().
        unknown,      // The engine is out of reach: resolve() will tell.
        in_doubt,     // Only recovery can tell: complete nothing, stop the process.
    };
    // How far the units of a transaction are kept apart.
    enum class Care {
        among_others,  // A unit's errors may come late, and then all of the transaction is given
                       // up.
        alone,         // Each call tells at once, and the unit can be undone by itself.
    };
    // What to do with the units of a transaction that was given up.
    struct AfterDrop {
        enum class Again { together, guarded, one_by_one };

        Again again = Again::one_by_one;
        std::optional<std::size_t> culprit;  // The unit that was the reason: not with the others.
    };

    virtual ~WriteConnection() = default;
    virtual Books& books() = 0;
    virtual Result<Done> begin(Care care) = 0;
    // It wants to know what the units to come will look for first, and then takes it (a hint: see
    // Foresight). To gather it for an engine that has no use for it would cost each unit a little.
    virtual bool looks_ahead() const { return false; }
    virtual Result<Done> foresee(const Foresight& /*keys*/) { return Done{}; }
    // Before each unit; `unit` is its place in the transaction.
    virtual Result<Done> savepoint(std::size_t unit) = 0;
    virtual Result<Done> release_savepoint() = 0;
    virtual Result<Done> undo_to_savepoint() = 0;
    // False also when the engine gave the whole transaction up by itself after an error.
    virtual bool in_transaction() const = 0;
    // After it did so, or refused to commit.
    virtual AfterDrop after_drop() const { return {}; }
    // Something has been written since begin(): only then does a COMMIT tell us about the disk.
    virtual bool has_written() const = 0;
    // What happened, and on anything but durable why (in *reason).
    virtual Commit commit(std::string* reason) = 0;
    // After `unknown`, until it says anything else. Takes a moment at the most.
    virtual Commit resolve(std::string* /*reason*/) { return Commit::in_doubt; }
    virtual void roll_back() = 0;
};

// One of a few connections that only read; goes back to the store when it is dropped.
class ReadLease {
public:
    ReadLease(std::unique_ptr<Reading> reading, std::function<void(std::unique_ptr<Reading>)> back)
        : reading_(std::move(reading)), back_(std::move(back)) {}
    ReadLease(ReadLease&&) = default;
    ReadLease& operator=(ReadLease&&) = delete;
    ~ReadLease() {
        if (reading_ != nullptr) back_(std::move(reading_));
    }
    Reading* operator->() const { return reading_.get(); }
    Reading& operator*() const { return *reading_; }

private:
    std::unique_ptr<Reading> reading_;
    std::function<void(std::unique_ptr<Reading>)> back_;
};

// What of a ledger's partitions is old; absent: nothing.
struct PartitionAges {
    std::optional<Timestamp> bodies_before;    // What Alipay sent.
    std::optional<Timestamp> attempts_before;  // What became of deliveries.
};

// A place where a ledger is kept. Open brings its schema up to date.
class Store {
public:
    virtual ~Store() = default;

    // Call once, for the writer.
    virtual Result<std::unique_ptr<WriteConnection>> write_connection() = 0;

    // A connection for a moment's reading; sees only what is durable. Safe from any thread.
    virtual Result<ReadLease> read() = 0;

    // Moves what was committed from the log into the file, a bounded step; for a thread of its own.
    // data_corruption: a sync failed, and the disk may lack what earlier steps have moved. The
    // process must stop, and not call this again: the next start moves all of the log once more.
    virtual Result<Done> checkpoint() = 0;

    // How far the engine's clock is ahead of `ours`: processes that share an engine go by its
    // time, or one of them would take a lease for over that another still holds.
    virtual Result<std::chrono::milliseconds> clock_ahead_of(Clock& /*ours*/) {
        return std::chrono::milliseconds(0);
    }
    // Makes the partitions of the months to come, and drops those of which all is old. For a thread
    // that may wait. Nothing to do for an engine without partitions.
    virtual Result<Done> turn_partitions(Timestamp /*now*/, const PartitionAges& /*ages*/) {
        return Done{};
    }
    // Other processes write here, too: what they have written we find by looking.
    virtual bool is_shared() const { return false; }
    // What spares a look or two; none where nobody else writes. Lives as long as the store.
    virtual Hints* hints() { return nullptr; }
};

}  // namespace tollgate::ledger
