#pragma once

#include <string>
#include <vector>

#include "ledger/records.h"

namespace tollgate::gateway {

// A history as a JSON list, the oldest first.
std::string transitions_json(const std::vector<ledger::TransitionRecord>& history);

}  // namespace tollgate::gateway
