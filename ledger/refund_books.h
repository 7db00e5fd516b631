#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/records.h"
#include "ledger/refund.h"

namespace tollgate::ledger {

// What can be asked about refunds; see Reading.
class RefundReading {
public:
    virtual ~RefundReading() = default;

    // Every one, the oldest first.
    virtual Result<std::vector<Refund>> of(const Payment& payment) = 0;
    virtual Result<std::optional<Refund>> one(const Payment& payment,
                                              std::string_view out_request_no) = 0;
    virtual Result<std::optional<Refund>> by_row(RowId row) = 0;
    // Those of these that there are, as they stand: nobody is waited for, and nothing is held.
    virtual Result<std::vector<Refund>> as_they_stand(const std::vector<RowId>& rows) = 0;
    virtual Result<std::vector<TransitionRecord>> history_of(const Refund& refund) = 0;
};

// The writing half. Every call belongs to a unit of work; isolation and errors as in Books.
class RefundBooks {
public:
    virtual ~RefundBooks() = default;

    // Gives refund.row. The sum of live refunds is the unit's own business: it must have read them.
    // Errors: conflict when the payment has this out_request_no already.
    virtual Result<Done> add(Refund& refund, const Origin& origin) = 0;
    // Writes `next` over `refund`, and brings that up to date. A new status makes a new version and
    // a transition; what else has changed is nobody's news. Errors: stale_version.
    virtual Result<Done> change(Refund& refund, Refund next, const Origin& origin,
                                Timestamp now) = 0;
    // Gives a cancel's refund, which was written down before anybody knew its number, the true
    // number and amount. No new version: the payment's money has not changed. Errors:
    // stale_version.
    virtual Result<Done> correct(const Refund& refund, std::string_view out_request_no,
                                 Money amount) = 0;
    // As Books::claim_due_payments.
    virtual Result<std::vector<Refund>> claim_due(Timestamp now, Timestamp until, int limit) = 0;

    // Keeps the report, or makes the kept one due again.
    virtual Result<Done> report(const Payment& payment, std::string_view out_request_no,
                                Timestamp now) = 0;
    virtual Result<std::vector<RefundReport>> claim_due_reports(Timestamp now, Timestamp until,
                                                                int limit) = 0;
    // One query more was made; absent: nothing is left to ask.
    virtual Result<Done> asked(const RefundReport& report,
                               std::optional<Timestamp> next_sweep_at) = 0;
};

}  // namespace tollgate::ledger
