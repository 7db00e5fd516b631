#pragma once

#include "gateway/cli/reconcile.h"

namespace CLI {
class App;
}

namespace tollgate::gateway::cli {

// Teaches the command line `tollgate reconcile`. Both must outlive the parsing: `order` takes what
// was asked, `code` the command's exit code.
void add_reconcile_command(CLI::App& app, ReconcileCommand& order, int& code);

}  // namespace tollgate::gateway::cli
