#include "base/beijing_day.h"

#include "base/time_text.h"

namespace tollgate {
namespace {

constexpr std::size_t kDateLength = 10;

}  // namespace

Result<BeijingDay> BeijingDay::parse(std::string_view text) {
    const auto start = parse_beijing(std::string(text) + " 00:00:00");
    if (text.size() == kDateLength && start) return BeijingDay(*start);
    return Error(ErrorCode::invalid_argument,
                 "not a day such as 2026-11-11: \"" + std::string(text.substr(0, 32)) + "\"");
}

BeijingDay BeijingDay::of(Timestamp at) {
    // What its own date reads as cannot fail to be a date.
    return *parse(to_beijing(at).substr(0, kDateLength));
}

std::string BeijingDay::text() const {
    return to_beijing(start_).substr(0, kDateLength);
}

}  // namespace tollgate
