#include "gateway/operate/desk.h"

#include <exception>
#include <utility>

namespace tollgate::gateway::operate {

bool Desk::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        if (stopped_ || line_.size() >= kLineMax) return false;
        line_.push_back(std::move(work));
    }
    news_.notify_one();
    return true;
}

void Desk::run() {
    for (;;) {
        std::function<void()> work;
        {
            std::unique_lock lock(mutex_);
            news_.wait(lock, [this] { return stopped_ || !line_.empty(); });
            if (stopped_) break;
            work = std::move(line_.front());
            line_.pop_front();
        }
        try {
            work();
        } catch (const std::exception& thrown) {
            log_.error("console.failed", {{"reason", thrown.what()}});
        }
    }
    std::deque<std::function<void()>> dropped;  // Their tickets answer on their way out.
    const std::lock_guard lock(mutex_);
    dropped.swap(line_);
}

void Desk::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    news_.notify_all();
}

}  // namespace tollgate::gateway::operate
