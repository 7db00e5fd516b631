#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "gateway/preauth_steps.h"
#include "gateway/refund_errands.h"

namespace tollgate::gateway {

// Carries pre-authorisations to their end, as RefundErrands does refunds. Never waits; the timer
// works it off.
class PreauthErrands {
public:
    // It as it is once nothing more can be done with it at once, here or by another process.
    using Waiter = StepWaiters<ledger::Preauthorisation>::Waiter;

    PreauthErrands(const callbacks::Apps& apps, std::chrono::milliseconds lease,
                   RefundErrandSeams seams)
        : apps_(apps), lease_(lease), seams_(std::move(seams)) {}

    // The timer's: claims what is due, at most `limit` at a time.
    void run_once(int limit) { claim(limit); }
    // The timer's: makes the calls whose turn has come, and claims at once when somebody waits.
    void run_ready(int limit);

    // It is due now; that is durable. Safe from any thread.
    void hurry(ledger::RowId row, Waiter waiter);

    // The freeze itself, which holds the lease already; the waiter as above. Safe from any thread.
    void start_freeze(DuePreauth due, AlipayClient::Prepared call, Waiter waiter);

private:
    struct Claimed {
        std::vector<DuePreauth> due;
        std::vector<ledger::Preauthorisation> seen_to;  // By another process.
        bool is_full = false;                           // As many as were asked for.
    };
    void claim(int limit);
    void claimed(Result<Claimed> claimed);
    void make_call(const DuePreauth& due);
    void write(const DuePreauth& due, const std::string& id, const Result<AlipayAnswer>& answer);
    void stepped(const DuePreauth& due, const std::string& id,
                 const Result<ledger::Preauthorisation>& preauth);

    const callbacks::Apps& apps_;
    const std::chrono::milliseconds lease_;
    RefundErrandSeams seams_;

    std::mutex mutex_;
    StepWaiters<ledger::Preauthorisation> waiters_;
    std::vector<DuePreauth> ready_;
    int calls_ = 0;  // Under way, or about to be; freezes, whose callers started them, apart.
    bool claiming_ = false;
    bool hurried_ = false;
};

}  // namespace tollgate::gateway
