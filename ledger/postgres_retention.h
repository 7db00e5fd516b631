#pragma once

#include "ledger/postgres_session.h"
#include "ledger/retention.h"

namespace tollgate::ledger {

// RetentionBooks over the session that writes. Of several processes one removes; the others find
// nothing to do.
class PostgresRetentionBooks final : public RetentionBooks {
public:
    explicit PostgresRetentionBooks(PostgresSession& session) : session_(session) {}

    Result<RetentionStep> drop_bodies(Timestamp before, RowId after, int limit) override;
    Result<RetentionStep> drop_events(Timestamp before, RowId after, int limit) override;

private:
    PostgresSession& session_;
};

}  // namespace tollgate::ledger
