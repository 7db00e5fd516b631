#pragma once

#include "ledger/refund_books.h"
#include "ledger/sqlite_transitions.h"
#include "ledger/statement_cache.h"

namespace tollgate::ledger {

// RefundReading over the statements of one connection.
class SqliteRefundReading final : public RefundReading {
public:
    explicit SqliteRefundReading(StatementCache& statements) : statements_(statements) {}

    Result<std::vector<Refund>> of(const Payment& payment) override;
    Result<std::optional<Refund>> one(const Payment& payment,
                                      std::string_view out_request_no) override;
    Result<std::optional<Refund>> by_row(RowId row) override;
    Result<std::vector<Refund>> as_they_stand(const std::vector<RowId>& rows) override;
    Result<std::vector<TransitionRecord>> history_of(const Refund& refund) override;

private:
    StatementCache& statements_;
};

// RefundBooks over the one connection that writes.
class SqliteRefundBooks final : public RefundBooks {
public:
    SqliteRefundBooks(Database& db, StatementCache& statements)
        : db_(db), statements_(statements) {}

    Result<Done> add(Refund& refund, const Origin& origin) override;
    Result<Done> change(Refund& refund, Refund next, const Origin& origin, Timestamp now) override;
    Result<Done> correct(const Refund& refund, std::string_view out_request_no,
                         Money amount) override;
    Result<std::vector<Refund>> claim_due(Timestamp now, Timestamp until, int limit) override;
    Result<Done> report(const Payment& payment, std::string_view out_request_no,
                        Timestamp now) override;
    Result<std::vector<RefundReport>> claim_due_reports(Timestamp now, Timestamp until,
                                                        int limit) override;
    Result<Done> asked(const RefundReport& report, std::optional<Timestamp> next_sweep_at) override;

private:
    Result<Done> add_transition(const TransitionStep& step);

    Database& db_;
    StatementCache& statements_;
};

}  // namespace tollgate::ledger
