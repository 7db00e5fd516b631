#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace tollgate {

// A new identifier such as "pay_01jd2v8k3m4q9r7t5w0x6y1z2a": the prefix, '_', then 26 characters of
// lower-case Crockford base32 (the ULID layout: 48 bits of milliseconds, 80 random bits). Later ids
// sort after earlier ones, so an index over them grows at its end. Never holds a '.', which the
// webhook scheme uses as a separator.
std::string make_id(std::string_view prefix, Timestamp now, Entropy& entropy);

// What every identifier made at `at` begins with: those made before sort before it.
std::string id_begin(std::string_view prefix, Timestamp at);

}  // namespace tollgate
