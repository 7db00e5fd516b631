# cmake -DSOURCE=<tree> -DVERSION=<number> -DCOMMIT=<commit, or nothing> -DOUTPUT=<file> -P write_commit.cmake
#
# Writes the C++ source that knows the version and the commit. Run by every build; the file is touched
# only when it says something new, so that nothing else is built again.
set(commit "${COMMIT}")
# Only a tree's own .git: an archive may lie unpacked inside somebody else's.
if(NOT commit AND EXISTS "${SOURCE}/.git")
    execute_process(COMMAND git -C "${SOURCE}" rev-parse --short=12 HEAD
        OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
        set(commit "")
    else()
        execute_process(COMMAND git -C "${SOURCE}" --no-optional-locks status --porcelain --untracked-files=no
            OUTPUT_VARIABLE changes ERROR_QUIET)
        if(changes)
            string(APPEND commit ", with changes")
        endif()
    endif()
endif()
if(NOT commit)
    set(commit "unknown")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT [[// Made by cmake/write_commit.cmake; do not edit.
#include "gateway/cli/version.h"

namespace tollgate::gateway::cli {

const char* version_text() {
    return "@VERSION@ (commit @commit@)";
}

}  // namespace tollgate::gateway::cli
]])
