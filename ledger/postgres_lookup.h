#pragma once

#include "ledger/lookup.h"
#include "ledger/postgres_session.h"

namespace tollgate::ledger {

// LookupReading over one session. Nothing that it reads is locked.
class PostgresLookup final : public LookupReading {
public:
    explicit PostgresLookup(PostgresSession& session) : session_(session) {}

    Result<PaymentPage> payments(const PaymentQuery& query) override;
    Result<std::vector<Payment>> payments_refunded_as(std::string_view out_request_no,
                                                      int limit) override;
    Result<std::optional<Payment>> payment_of_event(std::string_view event_id) override;
    Result<std::vector<EventView>> events_of(const Payment& payment, Timestamp at) override;
    Result<NotificationPage> notifications(const NotificationQuery& query) override;
    Result<std::optional<NotificationView>> notification(RowId row) override;
    Result<ActionPage> actions(const ActionQuery& query) override;
    Result<PaymentTally> tally(Timestamp from, Timestamp to) override;
    Result<Unfinished> unfinished() override;
    Result<std::vector<std::int64_t>> delivery_times(RowId endpoint, int limit) override;
    Result<std::int64_t> open_differences() override;

private:
    Result<RowId> first_notification(Timestamp since);

    PostgresSession& session_;
};

}  // namespace tollgate::ledger
