#pragma once

#include <string>
#include <string_view>

#include "gateway/cli/command_tree.h"

namespace tollgate::gateway::cli {

// tollgate(1), for man. `version` is its foot's.
std::string man_page(const CommandNode& root, std::string_view version);

}  // namespace tollgate::gateway::cli
