#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace tollgate::simulation {

// When a run begins, for everybody. 2026-11-11T00:00:00+08:00.
inline constexpr Timestamp kBeginning{1'794'326'400'000};

// Virtual time, and everything that is going to happen. One thread: a thing that happens runs to
// its end before the next one begins. Two that are due at once happen in the order in which they
// were planned.
class World {
public:
    using Action = std::function<void()>;

    Timestamp now() const { return now_; }
    void at(Timestamp when, Action action);
    void after(std::chrono::milliseconds wait, Action action) {
        at(now_ + wait, std::move(action));
    }

    // Lets the next thing happen; false: there is none until `end`, which has come.
    bool step(Timestamp end);
    std::uint64_t steps() const { return steps_; }

private:
    struct Planned {
        Timestamp when;
        std::uint64_t number = 0;
        Action action;
    };
    struct Later {
        bool operator()(const Planned& left, const Planned& right) const {
            if (left.when != right.when) return left.when > right.when;
            return left.number > right.number;
        }
    };

    Timestamp now_ = kBeginning;
    std::priority_queue<Planned, std::vector<Planned>, Later> planned_;
    std::uint64_t planned_so_far_ = 0;
    std::uint64_t steps_ = 0;
};

// The clock of one machine: the world's time, wrong by what its jumps add up to.
class MachineClock final : public Clock {
public:
    explicit MachineClock(const World& world) : world_(world) {}

    Timestamp now() override { return world_.now() + skew_; }
    std::chrono::nanoseconds monotonic() override { return world_.now() - kBeginning; }
    void set_skew(std::chrono::milliseconds skew) { skew_ = skew; }
    std::chrono::milliseconds skew() const { return skew_; }

private:
    const World& world_;
    std::chrono::milliseconds skew_{0};
};

// Another clock, so far ahead. What counts ages in whole days finds minutes old enough by it.
class ClockAhead final : public Clock {
public:
    ClockAhead(Clock& clock, std::chrono::milliseconds ahead) : clock_(clock), ahead_(ahead) {}

    Timestamp now() override { return clock_.now() + ahead_; }
    std::chrono::nanoseconds monotonic() override { return clock_.monotonic(); }

private:
    Clock& clock_;
    const std::chrono::milliseconds ahead_;
};

// What has happened so far, as one number that any difference changes, and as lines for people.
class Trace {
public:
    Trace(const World& world, bool prints) : world_(world), prints_(prints) {}

    // `what` with its detail is part of the number; make neither depend on anything but the seed.
    void note(std::string_view what, std::string_view detail = {});
    std::uint64_t hash() const { return hash_; }

private:
    void mix(std::string_view bytes);

    const World& world_;
    const bool prints_;
    std::uint64_t hash_ = 0xCBF29CE484222325U;  // FNV-1a.
};

}  // namespace tollgate::simulation
