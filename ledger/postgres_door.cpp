#include "ledger/postgres_door.h"

#include <algorithm>

namespace tollgate::ledger {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::int64_t kDoublingsMax = 5;
constexpr std::chrono::milliseconds kSoonGone{3'000};

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresDoor::open(Sends sends) {
    if (failures_ == 0) return try_to_open(sends);
    if (clock_.monotonic().count() < closed_until_ns_ || somebody_tries_.exchange(true)) {
        return Error(ErrorCode::unavailable, "postgres: the database was away a moment ago")
            .because("storage_unavailable");
    }
    auto connection = try_to_open(sends);
    somebody_tries_ = false;
    return connection;
}

void PostgresDoor::note_silence() {
    ++silences_;
    std::int64_t none = 0;
    failures_.compare_exchange_strong(none, 1);
}

Result<std::unique_ptr<PostgresConnection>> PostgresDoor::try_to_open(Sends sends) {
    auto connection = sends == Sends::little ? PostgresConnection::open(address_, kSoonGone)
                                             : PostgresConnection::open(address_);
    if (connection) {
        failures_ = 0;
        return connection;
    }
    const std::int64_t doublings = std::min(failures_.fetch_add(1), kDoublingsMax);
    const std::chrono::nanoseconds pause = kFirstPause * (std::int64_t{1} << doublings);
    closed_until_ns_ = (clock_.monotonic() + pause).count();
    return connection;
}

}  // namespace tollgate::ledger
