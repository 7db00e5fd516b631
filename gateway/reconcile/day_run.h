#pragma once

#include <string>

#include "callbacks/app.h"
#include "gateway/reconcile/bill_source.h"
#include "gateway/reconcile/reconciler.h"

namespace tollgate::gateway::reconcile {

// Alipay has no bill of a day that we have payments of: a person must ask.
inline constexpr std::string_view kBillMissing = "bill_missing";

struct DayOrder {
    Seller seller;
    BeijingDay day;
    std::string folder;  // Where the bills are put. It must exist; what is there is overwritten.
    // Without a fund bill the trade bill alone is compared; true: rather later than without. One
    // that could not be fetched is waited for until last_hope().
    bool wait_for_fund_bill = false;
    std::string request_id;
};

// Fetches a day's bills, through the first of the merchant's apps that may have them, and compares.
// The files stay in the folder. "There is no bill" counts as a day without trade only once the
// bill's day is long over, and only if the ledger has no payment of that day either; else the day
// is recorded as failed, with kBillMissing. Errors: as BillSource::fetch() and Reconciler::run().
class DayRun {
public:
    // All must outlive it.
    DayRun(const callbacks::Apps& apps, ledger::Store& store, BillSource& source,
           Reconciler& reconciler, Clock& clock, Log& log)
        : apps_(apps),
          store_(store),
          source_(source),
          reconciler_(reconciler),
          clock_(clock),
          log_(log) {}

    Result<Report> run(const DayOrder& order);

    // From here on a bill that is not there will not come any more.
    static Timestamp last_hope(const BeijingDay& day) { return day.next().end(); }

private:
    Result<std::string> fetch(const DayOrder& order, BillType type);
    Result<bool> ledger_is_empty(const DayOrder& order);

    const callbacks::Apps& apps_;
    ledger::Store& store_;
    BillSource& source_;
    Reconciler& reconciler_;
    Clock& clock_;
    Log& log_;
};

}  // namespace tollgate::gateway::reconcile
