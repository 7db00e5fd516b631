#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/tally.h"
#include "gateway/clock_watch.h"
#include "gateway/refund_steps.h"
#include "gateway/step_waiters.h"
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
    // The refund after the next step that was taken with it, here or by another process.
    using Waiter = StepWaiters<ledger::Refund>::Waiter;

    RefundErrands(const callbacks::Apps& apps, std::chrono::milliseconds lease,
                  RefundErrandSeams seams)
        : apps_(apps), lease_(lease), seams_(std::move(seams)), took_ms_(kSweepBounds) {}

    // The timer's: claims what is due, at most `limit` at a time.
    void run_once(int limit);
    // The timer's: makes the calls whose turn has come, and claims at once when somebody waits.
    void run_ready(int limit);

    // A refund has been requested; it is durable. Safe from any thread.
    void hurry(ledger::RowId refund, Waiter waiter);

    // So many calls at a time: a method that hangs must leave room for what a till waits for.
    static constexpr int kCallsMax = 64;

    // How long it took to ask Alipay about one and to write down what it said.
    Tally::Reading took_ms() const { return took_ms_.read(); }

private:
    struct Claimed {
        DueRefunds due;
        std::vector<ledger::Refund> seen_to;  // By another process.
        bool is_full = false;                 // As many refunds as were asked for.
    };
    void claim(int limit);
    void claimed(Result<Claimed> claimed);
    void make_call(const DueRefund& due);
    void make_call(const DueReport& due);
    StepContext context(const callbacks::AppRef& app, const std::string& id) const;
    void made_room();  // A call has ended.
    void stepped(const DueRefund& due, const std::string& id, std::chrono::nanoseconds began,
                 const Result<ledger::Refund>& refund);

    const callbacks::Apps& apps_;
    const std::chrono::milliseconds lease_;
    RefundErrandSeams seams_;

    std::mutex mutex_;
    StepWaiters<ledger::Refund> waiters_;
    DueRefunds ready_;
    int calls_ = 0;  // Under way, or about to be.
    bool claiming_ = false;
    bool hurried_ = false;
    Tally took_ms_;
};

}  // namespace tollgate::gateway
