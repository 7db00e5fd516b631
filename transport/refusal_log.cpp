#include "transport/refusal_log.h"

#include <utility>

namespace tollgate::transport {

void RefusalLog::note(const Refused& refused) {
    std::int64_t unsaid = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto now = clock_.monotonic();
        if (now - second_began_ >= std::chrono::seconds(1)) {
            second_began_ = now;
            lines_ = 0;
        }
        if (lines_ == kLinesPerSecondMax) {
            ++unsaid_;
            return;
        }
        ++lines_;
        unsaid = std::exchange(unsaid_, 0);
    }
    log_.info("http.refused", {{"listener", refused.listener},
                               {"status", refused.status},
                               {"reason", refused.reason},
                               {"peer", refused.peer},
                               {"request_id", refused.request_id},
                               {"unsaid_before", unsaid}});
}

}  // namespace tollgate::transport
