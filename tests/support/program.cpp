#include "tests/support/program.h"

#include <array>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"

namespace tollgate::testing {
namespace {

constexpr int kSilenceMax_ms = 120'000;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> made;
    for (const std::string& text : texts) made.push_back(const_cast<char*>(text.c_str()));
    made.push_back(nullptr);
    return made;
}

}  // namespace

Program::Program(const std::vector<std::string>& command,
                 const std::vector<std::string>& environment) {
    std::array<int, 2> pipe{};
    TOLLGATE_CHECK(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    output_ = pipe[0];
    const int input = pipe[1];
    posix_spawn_file_actions_t files{};
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, input, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, input, STDERR_FILENO);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const int problem = ::posix_spawn(&group_, command.front().c_str(), &files, &attributes,
                                      pointers(command).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    ::close(input);
    TOLLGATE_CHECK(problem == 0);
}

bool Program::wait_for_output(const std::string& text) {
    std::string seen;
    std::array<char, 4096> buffer{};
    while (seen.find(text) == std::string::npos) {
        pollfd waiting{.fd = output_, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, kSilenceMax_ms) != 1) return false;
        const ssize_t got = ::read(output_, buffer.data(), buffer.size());
        if (got <= 0) return false;
        seen.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return true;
}

int Program::wait_for_end() {
    int status = 0;
    ::waitpid(group_, &status, 0);
    group_ = -1;
    ::close(output_);
    output_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Program::kill() {
    if (group_ < 0) return;
    ::kill(-group_, SIGKILL);
    ::waitpid(group_, nullptr, 0);
    group_ = -1;
    std::array<char, 4096> rest{};
    while (::read(output_, rest.data(), rest.size()) > 0) {
    }
    ::close(output_);
    output_ = -1;
}

}  // namespace tollgate::testing
