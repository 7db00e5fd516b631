#pragma once

#include <string>

namespace tollgate::gateway::cli {

// `tollgate serve`: runs the gateway until SIGINT or SIGTERM, then lets it finish what it has begun
// (a second signal ends it at once). SIGHUP takes the apps' keys and certificates from the settings
// file anew. Gives the exit code.
int serve(const std::string& config_file);

// `tollgate check-config`: prints every problem, or "ok". Gives the exit code.
int check_config(const std::string& config_file);

// Blocks SIGINT and SIGTERM in this thread and those it will start, so that wait_for_signal() gets
// them. Call before any thread starts.
void block_signals();
int wait_for_signal();

}  // namespace tollgate::gateway::cli
