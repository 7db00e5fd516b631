#pragma once

#include "ledger/retention.h"
#include "ledger/statement_cache.h"

namespace tollgate::ledger {

// RetentionBooks over the one connection that writes.
class SqliteRetentionBooks final : public RetentionBooks {
public:
    explicit SqliteRetentionBooks(StatementCache& statements) : statements_(statements) {}

    Result<RetentionStep> drop_bodies(Timestamp before, RowId after, int limit) override;
    Result<RetentionStep> drop_events(Timestamp before, RowId after, int limit) override;

private:
    Result<Done> drop_event(RowId event);

    StatementCache& statements_;
};

}  // namespace tollgate::ledger
