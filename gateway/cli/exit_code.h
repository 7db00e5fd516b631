#pragma once

namespace tollgate::gateway::cli {

// What the commands give back to the shell.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;       // The answer is no: rejected, not valid, did not work.
inline constexpr int kUsage = 2;         // The command line cannot be understood.
inline constexpr int kUnavailable = 69;  // EX_UNAVAILABLE: an address is taken, a file is held.
inline constexpr int kMustStop = 70;     // EX_SOFTWARE: a COMMIT is in doubt; start again.
inline constexpr int kConfig = 78;       // EX_CONFIG: the settings file has mistakes.

}  // namespace tollgate::gateway::cli
