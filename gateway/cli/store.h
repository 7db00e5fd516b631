#pragma once

#include <string>

namespace CLI {
class App;
}

namespace tollgate::gateway::cli {

struct StoreCommand {
    std::string config_file;
    std::string sqlite_file;  // Of `import` and `export`.
    std::string backup_file;  // Of `backup` and `restore`.
    bool replaces = false;    // Of `restore`.
    std::string since;        // Of `guard`.
    bool certain = false;     // Of `unguard`.
};

// Teaches the command line `tollgate store …`. All must outlive the parsing: `order` takes what was
// asked, `code` the command's exit code.
void add_store_commands(CLI::App& app, StoreCommand& order, int& code);

}  // namespace tollgate::gateway::cli
