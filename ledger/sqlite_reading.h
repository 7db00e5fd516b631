#pragma once

#include <memory>
#include <string>

#include "base/sqlite.h"
#include "ledger/books.h"
#include "ledger/sqlite_guard.h"
#include "ledger/sqlite_lookup.h"
#include "ledger/sqlite_outbox_reading.h"
#include "ledger/sqlite_preauths.h"
#include "ledger/sqlite_reconciliation.h"
#include "ledger/sqlite_refunds.h"
#include "ledger/statement_cache.h"

namespace tollgate::ledger {

// Reading over one SQLite connection: a snapshot of its own each call, or the transaction that is
// open on it. One thread at a time.
class SqliteReading final : public Reading {
public:
    explicit SqliteReading(Database& borrowed)
        : statements_(borrowed),
          outbox_(statements_),
          reconciliations_(statements_),
          refunds_(statements_),
          preauths_(statements_),
          guard_(statements_),
          lookup_(statements_) {}
    explicit SqliteReading(std::unique_ptr<Database> owned)
        : owned_(std::move(owned)),
          statements_(*owned_),
          outbox_(statements_),
          reconciliations_(statements_),
          refunds_(statements_),
          preauths_(statements_),
          guard_(statements_),
          lookup_(statements_) {}

    Result<std::optional<Payment>> payment_by_id(std::string_view id) override;
    Result<std::optional<Payment>> payment_by_number(std::string_view app,
                                                     std::string_view out_trade_no) override;
    Result<std::optional<Payment>> payment_by_trade_no(std::string_view trade_no) override;
    Result<std::vector<Payment>> payments_of_order(std::string_view app, std::string_view order,
                                                   int limit) override;
    Result<PaymentRequest> request_of(const Payment& payment) override;
    Result<std::vector<TransitionRecord>> history_of(const Payment& payment) override;
    Result<std::optional<SeenNotification>> notification(const NotificationKey& key) override;
    Result<std::optional<IdempotencyRecord>> idempotency(std::string_view caller,
                                                         std::string_view key) override;
    Result<std::optional<Payment>> payment_by_row(RowId row) override;
    Result<bool> was_notified(const Payment& payment) override;
    Result<std::optional<SubmitToken>> submit_token(std::string_view caller,
                                                    std::string_view sha256) override;
    Result<std::optional<DifferenceView>> difference(std::string_view id) override;
    Result<std::optional<DifferenceView>> difference_about(
        std::string_view app, std::string_view trade_no,
        std::string_view difference_class) override;
    Result<std::vector<DifferenceView>> differences(const DifferenceQuery& query) override;
    // sqlite_figures.cpp
    Result<Figures> figures(Timestamp now, std::int64_t rows_max) override;
    OutboxReading& outbox() override { return outbox_; }
    ReconciliationReading& reconciliations() override { return reconciliations_; }
    RefundReading& refunds() override { return refunds_; }
    PreauthReading& preauths() override { return preauths_; }
    GuardReading& guard() override { return guard_; }
    LookupReading& lookup() override { return lookup_; }

    // Those that Books::claim_due_payments is about to take.
    Result<std::vector<Payment>> due_payments(Timestamp now, int limit);

private:
    Result<Done> add_outbox_figures(Figures& figures, std::int64_t rows_max);

    std::unique_ptr<Database> owned_;  // Before the statements: it must outlive them.
    StatementCache statements_;
    SqliteOutboxReading outbox_;
    SqliteReconciliationReading reconciliations_;
    SqliteRefundReading refunds_;
    SqlitePreauthReading preauths_;
    SqliteGuardReading guard_;
    SqliteLookup lookup_;
};

}  // namespace tollgate::ledger
