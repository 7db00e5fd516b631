#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/postgres_session.h"
#include "ledger/store.h"

namespace tollgate::ledger {

// The months (in UTC) that notification_body and attempt are partitioned by:
// "notification_body_202611". A month's partition is made before it begins, and dropped as a whole
// once all of it is old; what is still wanted of it moves into the partition without bounds first,
// and goes from there row by row.
class PostgresPartitions {
public:
    explicit PostgresPartitions(PostgresDoor& door) : door_(door) {}

    // Makes this month's and the next one's, and drops what is older than `ages` say. Of several
    // processes one does it. Locks wait for half a second at the most: then it is for the next
    // time. Errors: unavailable (the database is away, or in use).
    Result<Done> turn(Timestamp now, const PartitionAges& ages);

private:
    struct Table;

    Result<Done> turn_table(const Table& table, Timestamp now, std::optional<Timestamp> before);
    Result<Done> make(const Table& table, Timestamp month);
    Result<Done> drop_old(const Table& table, Timestamp before);
    Result<Done> drop_old_rest(const Table& table, Timestamp before);
    Result<PostgresRows> ask(const std::string& sql);
    Result<Done> run(const std::string& script);

    PostgresDoor& door_;
    std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace tollgate::ledger
