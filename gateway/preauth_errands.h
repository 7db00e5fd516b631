#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "gateway/preauth_steps.h"
#include "gateway/refund_errands.h"

namespace tollgate::gateway {

// Carries pre-authorisations to their end, as RefundErrands does refunds. Never waits; the timer
// works it off.
class PreauthErrands {
public:
    // It as it is once nothing more can be done with it at once.
    using Waiter = std::function<void(const Result<ledger::Preauthorisation>&)>;

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
    void claim(int limit);
    void claimed(Result<std::vector<DuePreauth>> due);
    void make_call(const DuePreauth& due);
    void write(const DuePreauth& due, const std::string& id, const Result<AlipayAnswer>& answer);
    void stepped(const DuePreauth& due, const std::string& id,
                 const Result<ledger::Preauthorisation>& preauth);

    const callbacks::Apps& apps_;
    const std::chrono::milliseconds lease_;
    RefundErrandSeams seams_;

    std::mutex mutex_;
    std::multimap<ledger::RowId, Waiter> waiters_;
    std::vector<DuePreauth> ready_;
    bool claiming_ = false;
    bool hurried_ = false;
};

}  // namespace tollgate::gateway
