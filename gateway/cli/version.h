#pragma once

namespace tollgate::gateway::cli {

// "0.1.0 (commit 0123456789ab)", as `tollgate --version` prints it. Written at each build by
// cmake/write_commit.cmake.
const char* version_text();

}  // namespace tollgate::gateway::cli
