#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace tollgate::transport {

// Tells the log of refused requests, at most so many a second: whoever floods the front with
// nonsense must not flood the disk with it. Safe from several threads.
class RefusalLog {
public:
    RefusalLog(Log& log, Clock& clock) : log_(log), clock_(clock) {}

    struct Refused {
        std::string_view listener;
        int status = 0;  // 0: closed without one, in the TLS handshake.
        std::string_view reason;
        std::string_view peer;
        std::string_view request_id;
    };
    void note(const Refused& refused);

    static constexpr int kLinesPerSecondMax = 10;

private:
    Log& log_;
    Clock& clock_;
    std::mutex mutex_;
    std::chrono::nanoseconds second_began_{};
    int lines_ = 0;
    std::int64_t unsaid_ = 0;  // Since the last line.
};

}  // namespace tollgate::transport
