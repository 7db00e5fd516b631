#include "transport/route_meter.h"

#include <algorithm>

namespace tollgate::transport {
namespace {

constexpr std::array<std::int64_t, 16> kTookBounds = {
    100,    250,     500,     1'000,   2'500,     5'000,     10'000,     25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000, 30'000'000};

}  // namespace

RouteMeter::RouteMeter(std::string asked, std::string pattern)
    : method(std::move(asked)), route(std::move(pattern)), took_us_(kTookBounds) {}

void RouteMeter::note(int status, std::chrono::nanoseconds took) {
    const auto place = static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1);
    answers_[place].fetch_add(1, std::memory_order_relaxed);
    took_us_.note(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

}  // namespace tollgate::transport
