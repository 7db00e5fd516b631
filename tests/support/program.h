#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace tollgate::testing {

// A program under a process group of its own, so that nothing of it outlives its end.
class Program {
public:
    Program(const std::vector<std::string>& command, const std::vector<std::string>& environment);
    ~Program() { kill(); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // False when it ends, or says nothing for too long, before it has written the text.
    bool wait_for_output(const std::string& text);
    // Its exit code; -1 when a signal ended it.
    int wait_for_end();
    pid_t pid() const { return group_; }
    // SIGKILL to its group; returns when nobody is left who could write to its output.
    void kill();

private:
    pid_t group_ = -1;
    int output_ = -1;
};

}  // namespace tollgate::testing
