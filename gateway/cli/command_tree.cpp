#include "gateway/cli/command_tree.h"

#include <CLI/CLI.hpp>

namespace tollgate::gateway::cli {
namespace {

// The library keeps the words that an option takes only in its type's name: "TEXT:{text,json,csv}".
std::vector<std::string> choices_of(const CLI::Option& option) {
    const std::string type = option.get_type_name();
    const std::size_t begin = type.find('{');
    const std::size_t end = type.find('}', begin);
    if (begin == std::string::npos || end == std::string::npos) return {};
    return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

CommandOption read_option(const CLI::Option& option) {
    return {.name = option.get_positional() ? option.get_name(true) : option.get_name(),
            .what = option.get_description(),
            .is_place = option.get_positional(),
            .is_flag = option.get_items_expected_max() == 0,
            .is_needed = option.get_required(),
            .choices = choices_of(option)};
}

void collect(const CommandNode& node, std::vector<const CommandNode*>& into) {
    into.push_back(&node);
    for (const CommandNode& below : node.commands) collect(below, into);
}

CommandNode read_below(const CLI::App& app, const std::string& above) {
    CommandNode node{.path = above.empty() ? app.get_name() : above + " " + app.get_name(),
                     .what = app.get_description(),
                     .options = {},
                     .commands = {}};
    for (const CLI::Option* option : app.get_options())
        node.options.push_back(read_option(*option));
    for (const CLI::App* command : app.get_subcommands({})) {
        node.commands.push_back(read_below(*command, node.path));
    }
    return node;
}

}  // namespace

CommandNode read_commands(const CLI::App& app) {
    return read_below(app, "");
}

std::vector<const CommandNode*> flatten(const CommandNode& root) {
    std::vector<const CommandNode*> nodes;
    collect(root, nodes);
    return nodes;
}

}  // namespace tollgate::gateway::cli
