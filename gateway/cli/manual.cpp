#include "gateway/cli/manual.h"

#include <cstdio>

#include <CLI/CLI.hpp>

#include "gateway/cli/completion.h"
#include "gateway/cli/exit_code.h"
#include "gateway/cli/man_page.h"
#include "gateway/cli/version.h"

namespace tollgate::gateway::cli {
namespace {

int print(const std::string& text) {
    // What is cut short must not be taken for the whole.
    const bool done = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
    return done ? kDone : kRefused;
}

}  // namespace

void add_manual_commands(CLI::App& app, std::string& shell, int& code) {
    auto* completion =
        app.add_subcommand("completion", "Print the script by which a shell completes commands");
    completion->add_option("SHELL", shell, "Which shell")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    completion->callback(
        [&app, &shell, &code] { code = print(completion_script(read_commands(app), shell)); });

    auto* page = app.add_subcommand("man-page", "Print the manual page (try: | man -l -)");
    page->callback([&app, &code] { code = print(man_page(read_commands(app), version_text())); });
}

}  // namespace tollgate::gateway::cli
