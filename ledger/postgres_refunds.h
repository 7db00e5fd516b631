#pragma once

#include "ledger/postgres_session.h"
#include "ledger/refund_books.h"

namespace tollgate::ledger {

// RefundReading over one session. A unit that asks for a payment's refunds holds the payment, so
// that nobody adds one to what it has added up.
class PostgresRefundReading final : public RefundReading {
public:
    explicit PostgresRefundReading(PostgresSession& session) : session_(session) {}

    Result<std::vector<Refund>> of(const Payment& payment) override;
    Result<std::optional<Refund>> one(const Payment& payment,
                                      std::string_view out_request_no) override;
    Result<std::optional<Refund>> by_row(RowId row) override;
    Result<std::vector<Refund>> as_they_stand(const std::vector<RowId>& rows) override;
    Result<std::vector<TransitionRecord>> history_of(const Refund& refund) override;

private:
    PostgresSession& session_;
};

// RefundBooks over the session that writes.
class PostgresRefundBooks final : public RefundBooks {
public:
    explicit PostgresRefundBooks(PostgresSession& session) : session_(session) {}

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
    PostgresSession& session_;
};

}  // namespace tollgate::ledger
