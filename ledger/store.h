#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/books.h"

namespace tollgate::ledger {

// One connection that writes. The writer drives it from one thread; nobody else touches it.
class WriteConnection {
public:
    enum class Commit {
        durable,      // It is on the disk.
        rolled_back,  // It is not, and never will be: the work may be done again.
        in_doubt,     // Only recovery can tell: complete nothing, stop the process.
    };

    virtual ~WriteConnection() = default;
    virtual Books& books() = 0;
    virtual Result<Done> begin() = 0;
    // A unit of work begins: what left_no_trace() looks back to.
    virtual void begin_unit() = 0;
    // After a unit's error: true when the transaction is as it was when the unit began, and can go
    // on without undoing anything.
    virtual bool left_no_trace() const = 0;
    // Around a unit that may have to be undone while those before it stay. Dear: SQLite keeps each
    // page as it was before the unit changed it.
    virtual Result<Done> savepoint() = 0;
    virtual Result<Done> release_savepoint() = 0;
    virtual Result<Done> undo_to_savepoint() = 0;
    // False also when the engine gave the whole transaction up by itself after an error.
    virtual bool in_transaction() const = 0;
    // Something has been written since begin(): only then does a COMMIT tell us about the disk.
    virtual bool has_written() const = 0;
    // What happened, and on anything but durable why (in *reason).
    virtual Commit commit(std::string* reason) = 0;
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

// A place where a ledger is kept. Open brings its schema up to date.
class Store {
public:
    virtual ~Store() = default;

    // Call once, for the writer.
    virtual Result<std::unique_ptr<WriteConnection>> write_connection() = 0;

    // A connection for a moment's reading; sees only what is durable. Safe from any thread.
    virtual Result<ReadLease> read() = 0;

    // Moves what was committed from the log into the file, a bounded step; for a thread of its own.
    virtual Result<Done> checkpoint() = 0;
};

}  // namespace tollgate::ledger
