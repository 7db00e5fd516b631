#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tollgate::gateway::cli {

// What the command line can be told, as data: completions and the manual page are made of it, and
// so can never say anything else than the program understands.
struct CommandOption {
    std::string name;  // "--config", or the place of a bare argument: "FILE".
    std::string what;
    bool is_place = false;
    bool is_flag = false;
    bool is_needed = false;
    std::vector<std::string> choices;  // Empty: anything.
};

struct CommandNode {
    std::string path;  // "tollgate store import".
    std::string what;
    std::vector<CommandOption> options;
    std::vector<CommandNode> commands;

    std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

CommandNode read_commands(const CLI::App& app);

// The nodes of the tree, each before those below it.
std::vector<const CommandNode*> flatten(const CommandNode& root);

}  // namespace tollgate::gateway::cli
