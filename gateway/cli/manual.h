#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tollgate::gateway::cli {

// Teaches the command line `tollgate completion` and `tollgate man-page`: the command line told by
// itself. All must outlive the parsing: `shell` takes what was asked, `code` the exit code.
void add_manual_commands(CLI::App& app, std::string& shell, int& code);

}  // namespace tollgate::gateway::cli
