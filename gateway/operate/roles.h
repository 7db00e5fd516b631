#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "gateway/callers.h"

namespace tollgate::gateway::operate {

// A viewer looks; an operator also acts; an admin also sees bodies of notifications and the audit.
bool may_act(std::string_view role);
bool may_see_audit(std::string_view role);

// What the order service's API knows an operator as: no caller of the settings can have such an id.
std::string caller_id(std::string_view name);

// The operators as callers of the order service's API: of every app, with the rights of their role.
std::vector<Caller> callers_of(const config::Settings& settings);

}  // namespace tollgate::gateway::operate
