#pragma once

#include <chrono>
#include <compare>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tollgate {

// One calendar day in GMT+8, where Alipay's days begin and end. By arithmetic: China has had no
// summer time since 1991.
class BeijingDay {
public:
    // Reads "yyyy-MM-dd". Errors: invalid_argument, also for days that no calendar has.
    static Result<BeijingDay> parse(std::string_view text);
    // The day that this moment lies in.
    static BeijingDay of(Timestamp at);

    std::string text() const;  // "yyyy-MM-dd"
    Timestamp start() const { return start_; }
    // The first moment after it.
    Timestamp end() const { return start_ + std::chrono::hours(24); }
    bool contains(Timestamp at) const { return at >= start() && at < end(); }
    BeijingDay next() const { return BeijingDay(end()); }
    BeijingDay previous() const { return BeijingDay(start_ + std::chrono::hours(-24)); }

    friend constexpr auto operator<=>(const BeijingDay&, const BeijingDay&) = default;

private:
    explicit BeijingDay(Timestamp start) : start_(start) {}

    Timestamp start_;
};

}  // namespace tollgate
