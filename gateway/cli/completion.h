#pragma once

#include <string>
#include <string_view>

#include "gateway/cli/command_tree.h"

namespace tollgate::gateway::cli {

// The script by which "bash", "zsh" or "fish" completes the command line: commands, options, the
// words that an option takes, else files.
std::string completion_script(const CommandNode& root, std::string_view shell);

}  // namespace tollgate::gateway::cli
