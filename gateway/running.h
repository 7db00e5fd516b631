#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace tollgate::gateway {

// A service's threads, each with a name. For the one thread that starts and stops the service.
class Threads {
public:
    void start(std::string name, std::function<void()> body);
    void join_all_but(std::string_view name);
    void join_all() { join_all_but(""); }

private:
    std::vector<std::pair<std::string, std::thread>> running_;
};

// How a service's loops learn that it stops, and the timer that somebody waits for it. Safe from
// any thread.
class StopSignal {
public:
    explicit StopSignal(Clock& clock) : clock_(clock) {}

    // Until then loops may finish what is under way.
    void stop(std::chrono::nanoseconds deadline);
    bool stopping();
    bool past_deadline();
    // True once the service stops.
    bool wait(std::chrono::milliseconds patience);
    // The same, and returns early after hurry(). For the timer alone.
    bool wait_or_hurry(std::chrono::milliseconds patience);
    void hurry();

private:
    Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;
    bool hurried_ = false;
    std::chrono::nanoseconds deadline_{};
};

}  // namespace tollgate::gateway
