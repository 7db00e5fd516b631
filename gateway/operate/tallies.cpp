#include "gateway/operate/tallies.h"

#include <algorithm>

#include "base/beijing_day.h"

namespace tollgate::gateway::operate {
namespace {

constexpr std::int64_t kMinuteMs = 60'000;
// A row is there within moments of the time that stands in it.
constexpr std::chrono::seconds kSettled{30};

std::int64_t minute_of(Timestamp at) {
    return at.ms / kMinuteMs;
}

Timestamp start_of(std::int64_t minute) {
    return {minute * kMinuteMs};
}

std::int64_t first_of_day(Timestamp now) {
    return minute_of(BeijingDay::of(now).start());
}

}  // namespace

Result<Done> Tallies::refresh(ledger::LookupReading& lookup) {
    now_ = clock_.now();
    const auto until = clock_.monotonic() + kMoment;
    const std::int64_t last = minute_of(now_);
    const std::int64_t first = std::min(first_of_day(now_), last - kMinutes + 1);
    minutes_.erase(minutes_.begin(), minutes_.lower_bound(first));
    for (std::int64_t minute = last; minute >= first; --minute) {
        const auto known = minutes_.find(minute);
        if (known != minutes_.end() && known->second.is_final) continue;
        // The last two are counted each time, whatever there is to catch up with.
        if (minute < last - 1 && clock_.monotonic() >= until) return Done{};
        TOLLGATE_TRY(const auto tally, lookup.tally(start_of(minute), start_of(minute + 1)));
        minutes_[minute] = {.tally = tally, .is_final = start_of(minute + 1) + kSettled <= now_};
    }
    return Done{};
}

std::vector<Tallies::Minute> Tallies::last_hour() const {
    std::vector<Minute> hour;
    const std::int64_t last = minute_of(now_);
    for (std::int64_t minute = last - kMinutes + 1; minute <= last; ++minute) {
        const auto known = minutes_.find(minute);
        hour.push_back(
            {.at = start_of(minute),
             .tally = known == minutes_.end() ? std::nullopt : std::optional(known->second.tally)});
    }
    return hour;
}

Tallies::Day Tallies::today() const {
    Day day;
    const std::int64_t first = first_of_day(now_);
    for (std::int64_t minute = first; minute <= minute_of(now_); ++minute) {
        const auto known = minutes_.find(minute);
        if (known == minutes_.end()) {
            day.complete = false;
            continue;
        }
        day.tally.created += known->second.tally.created;
        day.tally.paid += known->second.tally.paid;
        day.tally.closed += known->second.tally.closed;
        day.tally.failed += known->second.tally.failed;
        day.tally.notifications += known->second.tally.notifications;
    }
    return day;
}

}  // namespace tollgate::gateway::operate
