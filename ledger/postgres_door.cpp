#include "ledger/postgres_door.h"

#include <algorithm>

namespace tollgate::ledger {
namespace {

constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::int64_t kDoublingsMax = 5;

}  // namespace

Result<std::unique_ptr<PostgresConnection>> PostgresDoor::open() {
    if (failures_ > 0 && clock_.monotonic().count() < closed_until_ns_) {
        return Error(ErrorCode::unavailable, "postgres: the database was away a moment ago")
            .because("storage_unavailable");
    }
    auto connection = PostgresConnection::open(address_);
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
