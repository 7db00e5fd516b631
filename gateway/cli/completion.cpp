#include "gateway/cli/completion.h"

#include "base/check.h"

namespace tollgate::gateway::cli {
namespace {

constexpr std::string_view kMade = "# Printed by `tollgate completion`; do not edit.\n";

// In single quotes, for any of the shells.
std::string quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

// `:` and `[` mean something in zsh's descriptions.
std::string described(std::string_view name, std::string_view what) {
    std::string text(name);
    text += ':';
    for (const char c : what) {
        if (c == ':' || c == '\\') text += '\\';
        text += c;
    }
    return quoted(text);
}

std::string joined(const std::vector<std::string>& words, std::string_view by) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : std::string(by)) + word;
    return text;
}

std::vector<std::string> command_names(const CommandNode& node) {
    std::vector<std::string> names;
    for (const CommandNode& below : node.commands) names.push_back(below.name());
    return names;
}

std::vector<std::string> option_names(const CommandNode& node) {
    std::vector<std::string> names;
    for (const CommandOption& option : node.options) {
        if (!option.is_place) names.push_back(option.name);
    }
    return names;
}

// The words that may stand as a bare argument: commands, or what such an argument may be.
std::vector<std::string> bare_words(const CommandNode& node) {
    std::vector<std::string> words = command_names(node);
    for (const CommandOption& option : node.options) {
        if (option.is_place)
            words.insert(words.end(), option.choices.begin(), option.choices.end());
    }
    return words;
}

// Shell patterns of all commands: what moves the place in the tree one step down.
std::string steps(const CommandNode& root) {
    std::vector<std::string> paths;
    for (const CommandNode* node : flatten(root)) {
        if (node != &root) paths.push_back('"' + node->path + '"');
    }
    return joined(paths, "|");
}

// "tollgate store import --config") … for each option that takes a value.
template <typename Offer>
std::string value_cases(const CommandNode& root, Offer offer) {
    std::string text;
    for (const CommandNode* node : flatten(root)) {
        for (const CommandOption& option : node->options) {
            if (option.is_place || option.is_flag) continue;
            text +=
                "        \"" + node->path + " " + option.name + "\") " + offer(option) + " ;;\n";
        }
    }
    return text;
}

std::string bash_script(const CommandNode& root) {
    std::string text(kMade);
    text += R"(_tollgate() {
    local path=tollgate words='' cur=${COMP_WORDS[COMP_CWORD]} i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; ++i)); do
        case "$path ${COMP_WORDS[i]}" in
            )" +
            steps(root) +
            R"() path="$path ${COMP_WORDS[i]}" ;;
        esac
    done
    # The value of an option: one of its words, or a file, which is what an empty answer means.
    case "$path ${COMP_WORDS[COMP_CWORD - 1]}" in
)" +
            value_cases(
                root,
                [](const CommandOption& option) {
                    if (option.choices.empty()) return std::string("return");
                    return "words=" + quoted(joined(option.choices, " ")) +
                           R"(; mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"); return)";
                }) +
            R"(    esac
    case $path in
)";
    for (const CommandNode* node : flatten(root)) {
        text += "        \"" + node->path + "\")\n";
        text += "            if [[ $cur == -* ]]; then words=" +
                quoted(joined(option_names(*node), " ")) +
                "\n            else words=" + quoted(joined(bare_words(*node), " ")) + "; fi ;;\n";
    }
    text += R"(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o bashdefault -o default -F _tollgate tollgate
)";
    return text;
}

std::string zsh_script(const CommandNode& root) {
    std::string text = "#compdef tollgate\n";
    text += kMade;
    text += R"(_tollgate() {
    local place=tollgate word
    local -a commands options values
    for word in "${(@)words[2,CURRENT-1]}"; do
        case "$place $word" in
            )" +
            steps(root) +
            R"() place="$place $word" ;;
        esac
    done
    case "$place ${words[CURRENT-1]}" in
)" +
            value_cases(root,
                        [](const CommandOption& option) {
                            if (option.choices.empty()) return std::string("_files; return");
                            return "values=(" + joined(option.choices, " ") +
                                   "); _describe value values; return";
                        }) +
            R"(    esac
    case $place in
)";
    for (const CommandNode* node : flatten(root)) {
        text += "        \"" + node->path + "\")\n            options=(";
        for (const CommandOption& option : node->options) {
            if (!option.is_place)
                text += "\n                " + described(option.name, option.what);
        }
        text += ")\n            commands=(";
        for (const CommandNode& below : node->commands) {
            text += "\n                " + described(below.name(), below.what);
        }
        text += ")\n";
        for (const CommandOption& option : node->options) {
            if (option.is_place && !option.choices.empty()) {
                text += "            commands+=(" + joined(option.choices, " ") + ")\n";
            }
        }
        text += "            ;;\n";
    }
    text += R"(    esac
    if [[ ${words[CURRENT]} == -* ]]; then
        _describe option options
    elif (( ${#commands} )); then
        _describe command commands
    else
        _files
    fi
}
if [ "$funcstack[1]" = _tollgate ]; then _tollgate "$@"; else compdef _tollgate tollgate; fi
)";
    return text;
}

std::string fish_script(const CommandNode& root) {
    std::string text(kMade);
    std::vector<std::string> paths;
    for (const CommandNode* node : flatten(root)) {
        if (node != &root) paths.push_back(quoted(node->path));
    }
    text += R"(function __tollgate_at
    set -l place tollgate
    for word in (commandline -opc)[2..-1]
        if contains -- "$place $word" )" +
            joined(paths, " ") + R"(
            set place "$place $word"
        end
    end
    test "$place" = "$argv[1]"
end
)";
    for (const CommandNode* node : flatten(root)) {
        const std::string begin = "complete -c tollgate -n \"__tollgate_at '" + node->path + "'\" ";
        const bool has_files = node->commands.empty() && bare_words(*node).empty();
        if (!has_files) text += begin + "-f\n";
        for (const CommandNode& below : node->commands) {
            text += begin + "-a " + below.name() + " -d " + quoted(below.what) + "\n";
        }
        for (const CommandOption& option : node->options) {
            if (option.is_place) {
                if (option.choices.empty()) continue;
                text += begin + "-a " + quoted(joined(option.choices, " ")) + " -d " +
                        quoted(option.what) + "\n";
                continue;
            }
            text += begin + "-l " + option.name.substr(2);
            if (!option.is_flag) {
                text += option.choices.empty() ? " -r -F"
                                               : " -x -a " + quoted(joined(option.choices, " "));
            }
            text += " -d " + quoted(option.what) + "\n";
        }
    }
    return text;
}

}  // namespace

std::string completion_script(const CommandNode& root, std::string_view shell) {
    if (shell == "bash") return bash_script(root);
    if (shell == "zsh") return zsh_script(root);
    TOLLGATE_CHECK(shell == "fish");
    return fish_script(root);
}

}  // namespace tollgate::gateway::cli
