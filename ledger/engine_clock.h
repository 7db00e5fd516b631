#pragma once

#include <atomic>

#include "base/clock.h"

namespace tollgate::ledger {

// The time by which a gateway goes: its own, put right by what its store says of the engine's.
class EngineClock final : public Clock {
public:
    explicit EngineClock(Clock& ours) : ours_(ours) {}

    Timestamp now() override { return ours_.now() + std::chrono::milliseconds(ahead_ms_.load()); }
    std::chrono::nanoseconds monotonic() override { return ours_.monotonic(); }

    Clock& ours() { return ours_; }
    void set_ahead(std::chrono::milliseconds ahead) { ahead_ms_ = ahead.count(); }

private:
    Clock& ours_;
    std::atomic<std::int64_t> ahead_ms_ = 0;
};

}  // namespace tollgate::ledger
