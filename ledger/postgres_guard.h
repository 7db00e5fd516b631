#pragma once

#include "ledger/guard.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {

class PostgresGuardReading final : public GuardReading {
public:
    explicit PostgresGuardReading(PostgresSession& session) : session_(session) {}

    Result<std::optional<Guard>> find() override;
    Result<Unsettled> unsettled(Timestamp resumed) override;

private:
    PostgresSession& session_;
};

class PostgresGuardBooks final : public GuardBooks {
public:
    explicit PostgresGuardBooks(PostgresSession& session) : session_(session) {}

    Result<Done> begin(Timestamp since) override;
    Result<Done> resume(Timestamp now) override;
    Result<Done> end() override;
    Result<Done> hurry_unsettled(Timestamp now) override;

private:
    PostgresSession& session_;
};

}  // namespace tollgate::ledger
