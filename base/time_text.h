#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tollgate {

// "2026-11-11T00:00:00.123Z": what our JSON and logs carry.
std::string to_rfc3339(Timestamp at);

// Reads RFC 3339: "2026-11-11T00:00:00Z", with an optional fraction (cut off after milliseconds)
// and either 'Z' or an offset such as "+08:00". Errors: invalid_argument, also for days that no
// calendar has.
Result<Timestamp> parse_rfc3339(std::string_view text);

// "yyyy-MM-dd HH:mm:ss" in GMT+8: what Alipay's wire carries (protocol notes 1.2). By arithmetic;
// no time-zone database is asked. Milliseconds are cut off.
std::string to_beijing(Timestamp at);

// Reads what to_beijing writes, with an optional fraction of up to three digits, as gmt_refund has
// (protocol notes 4.5). Errors: invalid_argument, also for days that no calendar has.
Result<Timestamp> parse_beijing(std::string_view text);

// Reads an HTTP date: "Sun, 06 Nov 1994 08:49:37 GMT". Errors: invalid_argument.
Result<Timestamp> parse_http_date(std::string_view text);

}  // namespace tollgate
