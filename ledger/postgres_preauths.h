#pragma once

#include "ledger/postgres_ahead.h"
#include "ledger/postgres_session.h"
#include "ledger/preauth_books.h"

namespace tollgate::ledger {

// PreauthReading over one session.
class PostgresPreauthReading final : public PreauthReading {
public:
    PostgresPreauthReading(PostgresSession& session, PostgresAhead& ahead)
        : session_(session), ahead_(ahead) {}

    Result<std::optional<Preauthorisation>> one(std::string_view app,
                                                std::string_view out_auth_no) override;
    Result<std::optional<Preauthorisation>> by_row(RowId row) override;
    Result<std::vector<Preauthorisation>> as_they_stand(const std::vector<RowId>& rows) override;
    Result<std::vector<TransitionRecord>> history_of(const Preauthorisation& preauth) override;

private:
    PostgresSession& session_;
    PostgresAhead& ahead_;
};

// PreauthBooks over the session that writes.
class PostgresPreauthBooks final : public PreauthBooks {
public:
    PostgresPreauthBooks(PostgresSession& session, PostgresAhead& ahead)
        : session_(session), ahead_(ahead) {}

    Result<Done> add(Preauthorisation& preauth, const Origin& origin) override;
    Result<Done> change(Preauthorisation& preauth, Preauthorisation next, const Origin& origin,
                        Timestamp now) override;
    Result<std::vector<Preauthorisation>> claim_due(Timestamp now, Timestamp until,
                                                    int limit) override;

private:
    PostgresSession& session_;
    PostgresAhead& ahead_;
};

}  // namespace tollgate::ledger
