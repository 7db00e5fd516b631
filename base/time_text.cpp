#include "base/time_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace tollgate {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr milliseconds kBeijingOffset = hours(8);

struct CalendarTime {
    year_month_day date;
    std::chrono::hh_mm_ss<milliseconds> time;
};

CalendarTime calendar_time(milliseconds since_epoch) {
    const auto day = std::chrono::floor<days>(since_epoch);
    return {year_month_day(sys_days(day)), std::chrono::hh_mm_ss(since_epoch - day)};
}

// Every notification, event and answer has its times: printf would be felt.
void append_digits(std::string& text, std::int64_t number, int width) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    const auto size = static_cast<std::size_t>(end - digits.data());
    text.append(static_cast<std::size_t>(width) - std::min(size, static_cast<std::size_t>(width)),
                '0');
    text.append(digits.data(), size);
}

// "yyyy-MM-dd?HH:mm:ss".
std::string to_seconds(const CalendarTime& calendar, char between) {
    const auto& [date, time] = calendar;
    std::string text;
    text.reserve(24);
    append_digits(text, int{date.year()}, 4);
    text += '-';
    append_digits(text, unsigned{date.month()}, 2);
    text += '-';
    append_digits(text, unsigned{date.day()}, 2);
    text += between;
    append_digits(text, time.hours().count(), 2);
    text += ':';
    append_digits(text, time.minutes().count(), 2);
    text += ':';
    append_digits(text, time.seconds().count(), 2);
    return text;
}

// Digits only: from_chars would also take a sign.
bool read_number(std::string_view text, int& into) {
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
    }
    return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc();
}

// "yyyy-MM-dd?HH:mm:ss", 19 characters, as if it were UTC.
std::optional<milliseconds> calendar_second(std::string_view text) {
    if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
    int year = 0;
    int month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!read_number(text.substr(0, 4), year) || !read_number(text.substr(5, 2), month) ||
        !read_number(text.substr(8, 2), day) || !read_number(text.substr(11, 2), hour) ||
        !read_number(text.substr(14, 2), minute) || !read_number(text.substr(17, 2), second)) {
        return std::nullopt;
    }
    const year_month_day date(std::chrono::year(year),
                              std::chrono::month(static_cast<unsigned>(month)),
                              std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second);
}

// Of a fraction's digits; what is finer is cut off.
std::optional<milliseconds> milliseconds_of(std::string_view digits) {
    int fraction = 0;
    if (digits.empty() || digits.size() > 9) return std::nullopt;
    std::string text(digits);
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
    }
    text.resize(3, '0');
    if (!read_number(text, fraction)) return std::nullopt;
    return milliseconds(fraction);
}

// "Z", "+08:00", "-05:30".
std::optional<milliseconds> offset_of(std::string_view text) {
    if (text == "Z") return milliseconds(0);
    int hour = 0;
    int minute = 0;
    const bool whole = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' &&
                       read_number(text.substr(1, 2), hour) && read_number(text.substr(4), minute);
    if (!whole || hour > 23 || minute > 59) return std::nullopt;
    const milliseconds offset = hours(hour) + minutes(minute);
    return text[0] == '-' ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(Timestamp at) {
    const CalendarTime calendar = calendar_time(milliseconds(at.ms));
    std::string text = to_seconds(calendar, 'T');
    text += '.';
    append_digits(text, calendar.time.subseconds().count(), 3);
    text += 'Z';
    return text;
}

std::string to_beijing(Timestamp at) {
    return to_seconds(calendar_time(milliseconds(at.ms) + kBeijingOffset), ' ');
}

Result<Timestamp> parse_beijing(std::string_view text) {
    const Error refused(ErrorCode::invalid_argument, "not a time such as 2026-11-11 00:00:00");
    if (text.size() < 19 || text.size() > 23 || text.size() == 20 || text[10] != ' ') {
        return refused;
    }
    const auto second = calendar_second(text.substr(0, 19));
    if (!second || (text.size() > 19 && text[19] != '.')) return refused;
    const auto fraction = text.size() > 19 ? milliseconds_of(text.substr(20)) : milliseconds(0);
    if (!fraction) return refused;
    return Timestamp{(*second + *fraction - kBeijingOffset).count()};
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
    const Error refused(ErrorCode::invalid_argument, "not a time such as 2026-11-11T00:00:00Z");
    if (text.size() < 20 || text[10] != 'T') return refused;
    const auto second = calendar_second(text.substr(0, 19));
    if (!second) return refused;
    text.remove_prefix(19);
    std::optional<milliseconds> fraction = milliseconds(0);
    if (text.front() == '.') {
        const std::size_t end = std::min(text.find_first_of("Z+-"), text.size());
        fraction = milliseconds_of(text.substr(1, end - 1));
        text.remove_prefix(end);
    }
    const auto offset = offset_of(text);
    if (!fraction || !offset) return refused;
    return Timestamp{(*second + *fraction - *offset).count()};
}

Result<Timestamp> parse_http_date(std::string_view text) {
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto wrong = [] {
        return Error(ErrorCode::invalid_argument,
                     "a date such as \"Sun, 06 Nov 1994 08:49:37 GMT\" is needed");
    };
    if (text.size() != 29 || text.substr(25) != " GMT" || text[3] != ',') return wrong();
    const auto month = std::ranges::find(kMonths, text.substr(8, 3));
    int day = 0;
    int year = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (month == kMonths.end() || !read_number(text.substr(5, 2), day) ||
        !read_number(text.substr(12, 4), year) || !read_number(text.substr(17, 2), hour) ||
        !read_number(text.substr(20, 2), minute) || !read_number(text.substr(23, 2), second)) {
        return wrong();
    }
    const year_month_day date(
        std::chrono::year(year),
        std::chrono::month(static_cast<unsigned>(month - kMonths.begin()) + 1),
        std::chrono::day(static_cast<unsigned>(day)));
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return wrong();
    const milliseconds at =
        sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) + seconds(second);
    return Timestamp{at.count()};
}

}  // namespace tollgate
