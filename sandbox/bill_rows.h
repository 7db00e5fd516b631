#pragma once

#include <string>
#include <vector>

#include "sandbox/journal.h"

namespace tollgate::sandbox {

// The lines of bill files (protocol notes 10), UTF-8: each field is followed by a TAB, each line
// by CR LF.
std::string trade_row(const Movement& movement);
std::string trade_totals(const std::vector<Movement>& movements);
std::string trade_summary(const std::vector<Movement>& movements);

// A movement, and its fee on a line of its own when there is one.
std::string account_rows(const Movement& movement);
std::string account_totals(const std::vector<Movement>& movements);
std::string account_summary(const std::vector<Movement>& movements);

}  // namespace tollgate::sandbox
