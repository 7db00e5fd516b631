#include "gateway/running.h"

#include <pthread.h>

namespace tollgate::gateway {

void Threads::start(std::string name, std::function<void()> body) {
    std::thread thread(std::move(body));
    pthread_setname_np(thread.native_handle(), name.c_str());
    running_.emplace_back(std::move(name), std::move(thread));
}

void Threads::join_all_but(std::string_view name) {
    for (auto& [running, thread] : running_) {
        if (running != name && thread.joinable()) thread.join();
    }
}

void StopSignal::stop(std::chrono::nanoseconds deadline) {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        deadline_ = deadline;
    }
    changed_.notify_all();
}

bool StopSignal::stopping() {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

bool StopSignal::past_deadline() {
    const std::lock_guard lock(mutex_);
    return clock_.monotonic() >= deadline_;
}

bool StopSignal::wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return stopping_; });
}

bool StopSignal::wait_or_hurry(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return stopping_ || hurried_; });
    hurried_ = false;
    return stopping_;
}

void StopSignal::hurry() {
    {
        const std::lock_guard lock(mutex_);
        hurried_ = true;
    }
    changed_.notify_all();
}

}  // namespace tollgate::gateway
