#pragma once

#include "ledger/postgres_session.h"
#include "ledger/reconciliation.h"

namespace tollgate::ledger {

// ReconciliationReading over one session.
class PostgresReconciliationReading final : public ReconciliationReading {
public:
    explicit PostgresReconciliationReading(PostgresSession& session) : session_(session) {}

    Result<std::optional<Reconciliation>> find(const BillDay& day) override;
    Result<std::optional<Timestamp>> first_payment_at(std::string_view seller_id) override;
    Result<std::vector<PaymentLine>> payments_paid(const Stretch& stretch) override;
    Result<std::optional<PaymentLine>> payment_of(std::string_view seller_id,
                                                  std::string_view out_trade_no) override;
    Result<std::optional<PaymentLine>> payment_by_row(RowId payment) override;
    Result<std::vector<RefundLine>> refunds_succeeded(const Stretch& stretch) override;
    Result<std::vector<RefundLine>> refunds_of(RowId payment) override;
    Result<std::optional<DayBoundary>> boundary(RowId payment, RowId refund) override;
    Result<std::vector<DayBoundary>> boundaries_kept(const BillDay& ledger_day) override;
    Result<Known> difference_known(std::string_view app, std::string_view trade_no,
                                   const std::vector<std::string_view>& classes) override;

private:
    PostgresSession& session_;
};

// ReconciliationBooks over the session that writes.
class PostgresReconciliationBooks final : public ReconciliationBooks {
public:
    explicit PostgresReconciliationBooks(PostgresSession& session) : session_(session) {}

    Result<bool> take_turn(const BillDay& day, Timestamp now, Timestamp until) override;
    Result<Done> begin(Reconciliation& reconciliation) override;
    Result<Done> count(const Reconciliation& reconciliation, std::int64_t repaired,
                       std::int64_t opened) override;
    Result<Done> finish(const Reconciliation& reconciliation) override;
    Result<Done> set_boundary(const DayBoundary& boundary) override;

private:
    PostgresSession& session_;
};

}  // namespace tollgate::ledger
