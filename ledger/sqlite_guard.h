#pragma once

#include "ledger/guard.h"
#include "ledger/statement_cache.h"

namespace tollgate::ledger {

class SqliteGuardReading final : public GuardReading {
public:
    explicit SqliteGuardReading(StatementCache& statements) : statements_(statements) {}

    Result<std::optional<Guard>> find() override;
    Result<Unsettled> unsettled(Timestamp resumed) override;

private:
    StatementCache& statements_;
};

class SqliteGuardBooks final : public GuardBooks {
public:
    explicit SqliteGuardBooks(StatementCache& statements) : statements_(statements) {}

    Result<Done> begin(Timestamp since) override;
    Result<Done> resume(Timestamp now) override;
    Result<Done> end() override;
    Result<Done> hurry_unsettled(Timestamp now) override;

private:
    StatementCache& statements_;
};

}  // namespace tollgate::ledger
