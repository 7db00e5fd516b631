#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "base/log.h"

namespace tollgate::gateway::operate {

// One thread's work for people: what waits, computes or reads more than a worker of the hot paths
// should. In the order in which it came.
class Desk {
public:
    explicit Desk(Log& log) : log_(log) {}

    // Puts it in line; false when the line is full or the desk is closed. Safe from any thread.
    bool post(std::function<void()> work);

    // Works until stop(); what is in line then is dropped. One thread. Exceptions of libraries end
    // here, as they do in the front.
    void run();
    void stop();

    static constexpr std::size_t kLineMax = 64;

private:
    Log& log_;
    std::mutex mutex_;
    std::condition_variable news_;
    std::deque<std::function<void()>> line_;
    bool stopped_ = false;
};

}  // namespace tollgate::gateway::operate
