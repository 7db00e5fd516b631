#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "base/tally.h"
#include "gateway/clock_watch.h"
#include "gateway/refund_steps.h"
#include "gateway/sweep_bounds.h"
#include "ledger/writer.h"

namespace tollgate::gateway {

// All must outlive the errands, and every call under way.
struct RefundErrandSeams {
    ledger::Writer& writer;
    AlipayClient& alipay;
    const ClockWatch& clock_watch;
    Clock& clock;
    Random& random;
    Entropy& entropy;
    Log& log;
    std::function<void()> wake;  // Asks the timer to call run_ready() soon. From any thread.
};

// Carries refunds to their end: claims what is due, makes the call or the query, writes down what
// the answer proves. Never waits; the timer works it off.
class RefundErrands {
public:
    // The refund after the next step that was taken with it.
    using Waiter = std::function<void(const Result<ledger::Refund>&)>;

    RefundErrands(const callbacks::Apps& apps, std::chrono::milliseconds lease,
                  RefundErrandSeams seams)
        : apps_(apps), lease_(lease), seams_(std::move(seams)), took_ms_(kSweepBounds) {}

    // The timer's: claims what is due, at most `limit` at a time.
    void run_once(int limit);
    // The timer's: makes the calls whose turn has come, and claims at once when somebody waits.
    void run_ready(int limit);

    // A refund has been requested; it is durable. Safe from any thread.
    void hurry(ledger::RowId refund, Waiter waiter);

    // How long it took to ask Alipay about one and to write down what it said.
    Tally::Reading took_ms() const { return took_ms_.read(); }

private:
    void claim(int limit);
    void claimed(Result<DueRefunds> due);
    void make_call(const DueRefund& due);
    void make_call(const DueReport& due);
    StepContext context(const callbacks::AppRef& app, const std::string& id) const;
    void stepped(const DueRefund& due, const std::string& id, std::chrono::nanoseconds began,
                 const Result<ledger::Refund>& refund);

    const callbacks::Apps& apps_;
    const std::chrono::milliseconds lease_;
    RefundErrandSeams seams_;

    std::mutex mutex_;
    std::multimap<ledger::RowId, Waiter> waiters_;
    DueRefunds ready_;
    bool claiming_ = false;
    bool hurried_ = false;
    Tally took_ms_;
};

}  // namespace tollgate::gateway
