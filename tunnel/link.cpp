#include "tunnel/link.h"

#include <algorithm>
#include <array>

namespace tollgate::tunnel {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::array kFirstWaits = {milliseconds(200), milliseconds(500), milliseconds(1'000),
                                    milliseconds(1'500)};
constexpr std::array kLaterWaits = {milliseconds(3'000), milliseconds(6'000), milliseconds(12'000),
                                    milliseconds(20'000)};
constexpr milliseconds kFirst{60'000};
constexpr milliseconds kHealthy{30'000};

}  // namespace

bool Link::good(nanoseconds now) {
    const bool was_up = up_;
    if (!up_) up_since_ = now;
    up_ = true;
    if (now - *up_since_ >= kHealthy) {
        failures_ = 0;
        down_since_.reset();
    }
    return !was_up;
}

bool Link::bad(nanoseconds now, Random& random) {
    const bool was_up = up_;
    if (was_up && now - *up_since_ >= kHealthy) {
        failures_ = 0;
        down_since_.reset();
    }
    up_ = false;
    if (!down_since_) down_since_ = now;
    const bool first = now - *down_since_ < kFirst;
    const auto step = static_cast<std::size_t>(failures_);
    milliseconds wait = kFirstWaits[std::min(step, kFirstWaits.size() - 1)];
    if (first) {
        failures_ = std::min(failures_ + 1, static_cast<int>(kFirstWaits.size()) - 1);
    } else {
        const auto later = step - std::min(step, kFirstWaits.size() - 1);
        wait = kLaterWaits[std::min(later, kLaterWaits.size() - 1)];
        ++failures_;
    }
    const auto jitter = static_cast<std::int64_t>(random.below(41)) - 20;
    next_ = now + wait + wait * jitter / 100;
    return was_up;
}

void Link::hurry(nanoseconds now) {
    up_ = false;
    failures_ = 0;
    down_since_.reset();
    next_ = now;
}

bool SleepWatch::has_slept(Moment now) {
    const auto before = last_;
    last_ = now;
    if (!before) return false;
    const nanoseconds wall = now.wall - before->wall;
    return wall - (now.since - before->since) > kJump;
}

}  // namespace tollgate::tunnel
