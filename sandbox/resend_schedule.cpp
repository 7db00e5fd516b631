#include "sandbox/resend_schedule.h"

#include <array>

namespace tollgate::sandbox {
namespace {

using std::chrono::minutes;

constexpr int kImmediateResends = 3;
constexpr std::array<minutes, 7> kWaits = {minutes(4),   minutes(10),  minutes(10), minutes(60),
                                           minutes(120), minutes(360), minutes(900)};

}  // namespace

std::optional<std::chrono::milliseconds> ResendSchedule::wait_after(int attempts_made) const {
    const int at_once = immediate_resends ? kImmediateResends : 0;
    if (attempts_made <= at_once) return std::chrono::milliseconds(0);
    const auto long_wait = static_cast<std::size_t>(attempts_made - at_once - 1);
    if (long_wait >= kWaits.size()) return std::nullopt;
    return std::chrono::milliseconds(kWaits.at(long_wait)) / time_scale;
}

}  // namespace tollgate::sandbox
