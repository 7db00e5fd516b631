#pragma once

#include <vector>

#include "ledger/books.h"
#include "ledger/postgres_ahead.h"
#include "ledger/postgres_guard.h"
#include "ledger/postgres_outbox.h"
#include "ledger/postgres_preauths.h"
#include "ledger/postgres_reading.h"
#include "ledger/postgres_reconciliation.h"
#include "ledger/postgres_refunds.h"
#include "ledger/postgres_retention.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {

// Books over the one PostgreSQL session of this process that writes. One thread at a time, inside a
// transaction. What is written waits in the session's line; see there when its errors come.
class PostgresBooks final : public Books {
public:
    explicit PostgresBooks(PostgresSession& session)
        : session_(session),
          reading_(session, ahead_),
          outbox_(session),
          reconciliations_(session),
          refunds_(session),
          preauths_(session, ahead_),
          retention_(session),
          guard_(session) {}

    Reading& read() override { return reading_; }

    // postgres_books.cpp
    Result<Done> add_payment(Payment& payment, const PaymentRequest& request,
                             const Origin& origin) override;
    Result<Done> change_payment(Payment& payment, const PaymentChange& change, const Origin& origin,
                                Timestamp now) override;
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
    Result<Done> beat(Timestamp now) override;

    // postgres_life.cpp
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
    Result<Done> begin_idempotency(const IdempotencyRecord& record, Timestamp now) override;
    Result<Done> store_answer(const IdempotencyRecord& record, Timestamp now) override;
    Result<Done> release_idempotency(std::string_view caller, std::string_view key) override;
    Result<Done> drop_expired_idempotency(Timestamp now, int limit) override;

    // postgres_lookup.cpp
    Result<Done> begin_action(const ActionRecord& action) override;
    Result<Done> finish_action(std::string_view id, std::int64_t status,
                               std::string_view after_json, Timestamp now) override;

    // For the connection: what was known of a batch before.
    void forget_batch() { ahead_.clear(); }
    Result<Done> fetch(const Foresight& keys) { return reading_.fetch(keys); }

private:
    // Rows of a sequence, fetched many at a time: who adds need not ask what number he got.
    struct RowStock {
        const char* sql;
        std::vector<RowId> rows;
    };
    Result<RowId> next_row(RowStock& stock);
    Result<Done> insert_notification(const NotificationRecord& record, RowId row);

    PostgresSession& session_;
    PostgresAhead ahead_;
    PostgresReading reading_;
    PostgresOutbox outbox_;
    PostgresReconciliationBooks reconciliations_;
    PostgresRefundBooks refunds_;
    PostgresPreauthBooks preauths_;
    PostgresRetentionBooks retention_;
    PostgresGuardBooks guard_;
    RowStock payment_rows_{
        "SELECT nextval('payment_row') FROM generate_series(1, 512) ORDER BY 1 DESC", {}};
    RowStock notification_rows_{
        "SELECT nextval('notification_row') FROM generate_series(1, 512) ORDER BY 1 DESC", {}};
    std::uint64_t events_added_ = 0;
};

}  // namespace tollgate::ledger
