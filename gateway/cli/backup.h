#pragma once

#include <string>

#include "config/settings.h"

// `tollgate store backup|restore|guard|unguard`. Each gives the exit code.
namespace tollgate::gateway::cli {

// Copies the ledger of the settings into `file`, with or without a gateway over it.
int back_up(const config::Settings& settings, const std::string& file);

// Puts a backup in the ledger's place, guarded. `replaces`: the one that is there is kept aside.
int restore(const config::Settings& settings, const std::string& file, bool replaces);

// Guards a ledger that another tool has restored to the state of `since` (RFC 3339).
int guard(const config::Settings& settings, const std::string& since);

// Says what is unsettled, then ends the guard: when nothing is, or all the same with `certain`.
int unguard(const config::Settings& settings, bool certain);

}  // namespace tollgate::gateway::cli
