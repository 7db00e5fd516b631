#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "base/log.h"
#include "gateway/problem.h"
#include "ledger/store.h"
#include "ledger/writer.h"

namespace tollgate::gateway {

// Whether the ledger is guarded (ledger/guard.h): then every new number is asked about at Alipay
// before anything is made under it. begin() and run_once() from one thread at a time; the rest is
// safe from any.
class LedgerGuard {
public:
    static constexpr std::chrono::seconds kLookEvery{1};
    static constexpr std::chrono::minutes kRemindEvery{10};

    // All must outlive it.
    LedgerGuard(ledger::Store& store, Clock& clock, Log& log)
        : store_(store), clock_(clock), log_(log) {}

    // At the start, before the first request. In a guarded ledger all that is unsettled becomes due
    // at once. Errors: those of the ledger.
    Result<Done> begin(ledger::Writer& writer);
    // For a timer: an operator's command, beside us, ends it.
    void run_once();

    bool is_on() const { return since_ms_ != kOff; }
    // When the backup was made.
    std::optional<Timestamp> since() const;

private:
    static constexpr std::int64_t kOff = -1;

    void remind(Timestamp since);
    Result<std::optional<ledger::Guard>> look();

    ledger::Store& store_;
    Clock& clock_;
    Log& log_;
    std::atomic<std::int64_t> since_ms_ = kOff;
    std::chrono::nanoseconds next_look_{};
    std::chrono::nanoseconds next_reminder_{};
};

// 409: Alipay has a trade, or an authorisation, under the number already.
ApiProblem number_known_problem();
// 503: it could not be found out whether it has.
ApiProblem guarded_problem();

}  // namespace tollgate::gateway
