#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/clock.h"

namespace tollgate::gateway {

// Where the service's loops wait between two turns, and hear that it is time to end. Safe from any
// thread.
class LoopGate {
public:
    explicit LoopGate(Clock& clock) : clock_(clock) {}

    // True once the loops are to end.
    bool wait_for_stop(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return stop_; });
    }
    // The timer's: returns early when there is news.
    bool wait_for_stop_or_news(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [this] { return stop_ || news_; });
        news_ = false;
        return stop_;
    }
    void tell_news() {
        {
            const std::lock_guard lock(mutex_);
            news_ = true;
        }
        changed_.notify_all();
    }

    // What is not done at the deadline, on the monotonic clock, is to be given up.
    void stop(std::chrono::nanoseconds deadline) {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
            deadline_ = deadline;
        }
        changed_.notify_all();
    }
    bool stopping() const {
        const std::lock_guard lock(mutex_);
        return stop_;
    }
    bool past_deadline() const {
        const std::lock_guard lock(mutex_);
        return clock_.monotonic() >= deadline_;
    }

private:
    Clock& clock_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool stop_ = false;
    bool news_ = false;
    std::chrono::nanoseconds deadline_{};
};

}  // namespace tollgate::gateway
