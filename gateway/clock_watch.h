#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace tollgate::gateway {

// Compares our clock with the Date of Alipay's answers. When they are more than a minute apart,
// ours may be the wrong one: then nothing is closed by time alone, and the log says so. Safe to
// share.
class ClockWatch {
public:
    explicit ClockWatch(Log& log) : log_(log) {}

    // An answer's Date header, and between which moments of ours it was written.
    void note(std::string_view date, Timestamp asked_at, Timestamp answered_at);

    bool trusted() const { return trusted_; }
    // Ours minus Alipay's, of the last answer; 0 while they agree within an exchange's time.
    std::chrono::milliseconds ahead() const { return std::chrono::milliseconds(ahead_ms_.load()); }

    static constexpr std::chrono::seconds kApartMax{60};

private:
    Log& log_;
    std::atomic<bool> trusted_ = true;
    std::atomic<std::int64_t> ahead_ms_ = 0;
};

}  // namespace tollgate::gateway
