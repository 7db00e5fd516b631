#pragma once

#include "base/sqlite.h"
#include "ledger/books.h"
#include "ledger/sqlite_guard.h"
#include "ledger/sqlite_outbox.h"
#include "ledger/sqlite_preauths.h"
#include "ledger/sqlite_reading.h"
#include "ledger/sqlite_reconciliation.h"
#include "ledger/sqlite_refunds.h"
#include "ledger/sqlite_retention.h"
#include "ledger/sqlite_transitions.h"

namespace tollgate::ledger {

// Books over the one SQLite connection that writes. One thread at a time, inside a transaction.
class SqliteBooks final : public Books {
public:
    explicit SqliteBooks(Database& db)
        : db_(db),
          statements_(db),
          reading_(db),
          outbox_(db, statements_),
          reconciliations_(statements_),
          refunds_(db, statements_),
          preauths_(db, statements_),
          retention_(statements_),
          guard_(statements_) {}

    Reading& read() override { return reading_; }

    Result<Done> add_payment(Payment& payment, const PaymentRequest& request,
                             const Origin& origin) override;
    Result<Done> change_payment(Payment& payment, const PaymentChange& change, const Origin& origin,
                                Timestamp now) override;
    Result<Done> set_action(const Payment& payment, std::string_view action_json) override;
    Result<Done> set_calling(Payment& payment, std::optional<Timestamp> until) override;
    Result<Done> set_next_sweep(Payment& payment, Timestamp at) override;
    Result<Done> rest(Payment& payment, std::optional<Timestamp> next_sweep_at) override;
    Result<std::vector<Payment>> claim_due_payments(Timestamp now, Timestamp until,
                                                    int limit) override;
    Result<Done> add_submit_token(const SubmitToken& token, Timestamp now) override;
    Result<bool> take_submit_token(const TakenToken& taken, Timestamp now) override;
    Result<Done> drop_expired_tokens(Timestamp now, int limit) override;
    Result<Done> settle_difference(const DifferenceView& difference,
                                   std::string_view settlement_json, Timestamp now) override;
    Result<RowId> add_notification(const NotificationRecord& record) override;
    Result<Done> add_unverified(const NotificationRecord& record, std::int64_t kept_max) override;
    Result<bool> open_difference(const DifferenceRecord& record) override;
    Result<Done> renew_difference(const DifferenceView& known,
                                  const DifferenceRecord& record) override;
    Result<Done> add_event(const EventRecord& event) override;
    std::uint64_t events_added() const override { return events_added_; }
    Outbox& outbox() override { return outbox_; }
    ReconciliationBooks& reconciliations() override { return reconciliations_; }
    RefundBooks& refunds() override { return refunds_; }
    PreauthBooks& preauths() override { return preauths_; }
    RetentionBooks& retention() override { return retention_; }
    GuardBooks& guard() override { return guard_; }
    Result<Done> begin_idempotency(const IdempotencyRecord& record, Timestamp now) override;
    Result<Done> store_answer(const IdempotencyRecord& record, Timestamp now) override;
    Result<Done> release_idempotency(std::string_view caller, std::string_view key) override;
    Result<Done> drop_expired_idempotency(Timestamp now, int limit) override;
    Result<Done> begin_action(const ActionRecord& action) override;
    Result<Done> finish_action(std::string_view id, std::int64_t status,
                               std::string_view after_json, Timestamp now) override;
    Result<Done> beat(Timestamp now) override;

private:
    Result<Done> add_transition(const TransitionStep& step);
    // Runs it and demands that it changed one row. Errors: stale_version when it changed none.
    Result<Done> change_one(Statement& update);

    Database& db_;
    StatementCache statements_;
    SqliteReading reading_;
    SqliteOutbox outbox_;
    SqliteReconciliationBooks reconciliations_;
    SqliteRefundBooks refunds_;
    SqlitePreauthBooks preauths_;
    SqliteRetentionBooks retention_;
    SqliteGuardBooks guard_;
    std::uint64_t events_added_ = 0;
};

}  // namespace tollgate::ledger
