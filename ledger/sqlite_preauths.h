#pragma once

#include "ledger/preauth_books.h"
#include "ledger/sqlite_transitions.h"
#include "ledger/statement_cache.h"

namespace tollgate::ledger {

// PreauthReading over the statements of one connection.
class SqlitePreauthReading final : public PreauthReading {
public:
    explicit SqlitePreauthReading(StatementCache& statements) : statements_(statements) {}

    Result<std::optional<Preauthorisation>> one(std::string_view app,
                                                std::string_view out_auth_no) override;
    Result<std::optional<Preauthorisation>> by_row(RowId row) override;
    Result<std::vector<Preauthorisation>> as_they_stand(const std::vector<RowId>& rows) override;
    Result<std::vector<TransitionRecord>> history_of(const Preauthorisation& preauth) override;

private:
    StatementCache& statements_;
};

// PreauthBooks over the one connection that writes.
class SqlitePreauthBooks final : public PreauthBooks {
public:
    SqlitePreauthBooks(Database& db, StatementCache& statements)
        : db_(db), statements_(statements) {}

    Result<Done> add(Preauthorisation& preauth, const Origin& origin) override;
    Result<Done> change(Preauthorisation& preauth, Preauthorisation next, const Origin& origin,
                        Timestamp now) override;
    Result<std::vector<Preauthorisation>> claim_due(Timestamp now, Timestamp until,
                                                    int limit) override;

private:
    Result<Done> add_transition(const TransitionStep& step);

    Database& db_;
    StatementCache& statements_;
};

}  // namespace tollgate::ledger
