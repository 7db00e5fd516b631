#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {

// Where connections come from. After one that could not be made, nobody tries for a while, twice as
// long each time: who asks meanwhile hears at once that the database is away, instead of waiting
// for it on a worker's thread. Safe from any thread.
class PostgresDoor {
public:
    PostgresDoor(PostgresAddress address, Clock& clock)
        : address_(std::move(address)), clock_(clock) {}

    // Errors: unavailable (storage_unavailable).
    Result<std::unique_ptr<PostgresConnection>> open();

private:
    const PostgresAddress address_;
    Clock& clock_;
    std::atomic<std::int64_t> failures_ = 0;
    std::atomic<std::int64_t> closed_until_ns_ = 0;
};

}  // namespace tollgate::ledger
