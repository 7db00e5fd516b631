#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ledger/books.h"
#include "ledger/postgres_ahead.h"
#include "ledger/postgres_guard.h"
#include "ledger/postgres_lookup.h"
#include "ledger/postgres_outbox_reading.h"
#include "ledger/postgres_preauths.h"
#include "ledger/postgres_reconciliation.h"
#include "ledger/postgres_refunds.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {

// Reading over one PostgreSQL session: outside a transaction as it is committed at each call,
// inside one with the payments, refunds, pre-authorisations, keys and tokens locked as they are
// read. One thread at a time.
class PostgresReading final : public Reading {
public:
    PostgresReading(PostgresSession& borrowed, PostgresAhead& ahead)
        : session_(borrowed),
          ahead_(ahead),
          outbox_(session_),
          reconciliations_(session_),
          refunds_(session_),
          preauths_(session_, ahead_),
          guard_(session_),
          lookup_(session_) {}
    // A reader's, with a session and a connection of its own, made when it first asks something.
    explicit PostgresReading(std::shared_ptr<PostgresDoor> door)
        : own_(std::make_unique<Own>(std::move(door))),
          session_(own_->session),
          ahead_(own_->nothing_ahead),
          outbox_(session_),
          reconciliations_(session_),
          refunds_(session_),
          preauths_(session_, ahead_),
          guard_(session_),
          lookup_(session_) {}

    // postgres_reading.cpp
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
    // postgres_figures.cpp
    Result<Figures> figures(Timestamp now, std::int64_t rows_max) override;
    OutboxReading& outbox() override { return outbox_; }
    ReconciliationReading& reconciliations() override { return reconciliations_; }
    RefundReading& refunds() override { return refunds_; }
    PreauthReading& preauths() override { return preauths_; }
    GuardReading& guard() override { return guard_; }
    LookupReading& lookup() override { return lookup_; }

    // postgres_foresight.cpp. Fetches and locks them in one round trip, in one order.
    Result<Done> fetch(const Foresight& keys);

private:
    struct Own {
        explicit Own(std::shared_ptr<PostgresDoor> shared)
            : door(std::move(shared)), session(*door, PostgresSession::Use::reading) {}
        const std::shared_ptr<PostgresDoor> door;
        PostgresSession session;
        PostgresAhead nothing_ahead;
    };

    std::unique_ptr<Own> own_;
    PostgresSession& session_;
    PostgresAhead& ahead_;
    PostgresOutboxReading outbox_;
    PostgresReconciliationReading reconciliations_;
    PostgresRefundReading refunds_;
    PostgresPreauthReading preauths_;
    PostgresGuardReading guard_;
    PostgresLookup lookup_;
};

}  // namespace tollgate::ledger
