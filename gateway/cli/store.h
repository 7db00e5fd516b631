#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tollgate::gateway::cli {

struct StoreCommand {
    std::string config_file;
    std::string sqlite_file;  // Of `import` and `export`.
};

// Teaches the command line `tollgate store migrate|check|import|export`. All must outlive the parsing:
// `order` takes what was asked, `code` the command's exit code.
void add_store_commands(CLI::App& app, StoreCommand& order, int& code);

}  // namespace tollgate::gateway::cli
