#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/beijing_day.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "gateway/reconcile/reconciler.h"
#include "ledger/store.h"

namespace tollgate::gateway::reconcile {

// The last day whose bills should be there: they are from ten in the morning, in Beijing, of the
// next.
BeijingDay last_billed_day(Timestamp now);

// How long after the n-th try without an end (from 1) the next one is due. A bill that is not there
// yet may come any minute; one that cannot be trusted, or an app that may not have it, takes a
// person.
std::chrono::minutes retry_wait(int tries, bool needs_a_person);

// Sees to it that every day of every merchant's is compared once its bills are there: the last
// seven days, the oldest first, from the merchant's first payment on; of a guarded ledger
// (ledger/guard.h) all days since its backup, up to 90. What was cut short or failed is tried
// again. No thread of its own: whoever calls run_once() decides when.
class DailyReconciliation {
public:
    // `run_day` does the work and may take minutes.
    using RunDay = std::function<Result<Done>(const Seller& seller, const BeijingDay& day)>;

    DailyReconciliation(std::vector<Seller> sellers, ledger::Store& store, Clock& clock, Log& log,
                        RunDay run_day)
        : sellers_(std::move(sellers)),
          store_(store),
          clock_(clock),
          log_(log),
          run_day_(std::move(run_day)) {}

    // Runs what is due, at most `limit` days; how many it tried.
    int run_once(int limit);

    static constexpr int kLookBackDays = 7;
    static constexpr int kLookBackDaysGuarded = 90;

private:
    struct Tries {
        int made = 0;
        Timestamp next;
    };

    Result<std::vector<BeijingDay>> open_days(const Seller& seller);
    Result<std::optional<Timestamp>> first_payment_at(ledger::Reading& reading,
                                                      const std::string& seller_id);
    void try_day(const Seller& seller, const BeijingDay& day, Tries& tries);

    const std::vector<Seller> sellers_;
    ledger::Store& store_;
    Clock& clock_;
    Log& log_;
    const RunDay run_day_;
    std::map<std::pair<std::string, std::string>, Tries> tries_;  // By seller and day.
    std::map<std::string, Timestamp> first_payments_;             // By seller: they never move.
};

}  // namespace tollgate::gateway::reconcile
