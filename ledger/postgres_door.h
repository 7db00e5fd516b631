#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {

// Where connections come from. After one that could not be made, nobody tries for a while, twice as
// long each time, and then one alone: who asks meanwhile hears at once that the database is away,
// instead of waiting for it on a worker's thread. Safe from any thread.
class PostgresDoor {
public:
    PostgresDoor(PostgresAddress address, Clock& clock)
        : address_(std::move(address)), clock_(clock) {}

    // For whoever sends little at a time it is known sooner that the server is gone. Errors:
    // unavailable (storage_unavailable).
    enum class Sends { little, much };
    Result<std::unique_ptr<PostgresConnection>> open(Sends sends = Sends::little);

    // One of its connections got no answer any more. The readers' others of that time had better
    // not be used: each would be waited for as long.
    void note_silence();
    // How often that was.
    std::int64_t silences() const { return silences_; }

private:
    Result<std::unique_ptr<PostgresConnection>> try_to_open(Sends sends);

    const PostgresAddress address_;
    Clock& clock_;
    std::atomic<std::int64_t> failures_ = 0;
    std::atomic<std::int64_t> closed_until_ns_ = 0;
    std::atomic<std::int64_t> silences_ = 0;
    std::atomic<bool> somebody_tries_ = false;  // After a failure it is one at a time.
};

}  // namespace tollgate::ledger
