#include "gateway/cli/serve.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/load.h"
#include "gateway/cli/exit_code.h"
#include "gateway/cli/service_manager.h"
#include "gateway/service.h"
#include "signing/entropy.h"

namespace tollgate::gateway::cli {
namespace {

constexpr std::chrono::seconds kPatience{20};
constexpr int kFreedMemoryKept = 8 * 1024 * 1024;  // A thread's heap.

int report(const std::string& file, const std::vector<config::Problem>& problems) {
    static_cast<void>(std::fprintf(stderr, "%s has mistakes:\n%s", file.c_str(),
                                   config::to_text(problems).c_str()));
    return kConfig;
}

std::uint64_t dice() {
    std::uint64_t seed = 0;
    signing::openssl_entropy().fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
    return seed;
}

int exit_code_of(const Error& error) {
    return error.code() == ErrorCode::unavailable ? kUnavailable : kRefused;
}

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

int wait_for(sigset_t signals) {
    int caught = 0;
    sigwait(&signals, &caught);
    return caught;
}

void say_not_reloaded(Log& log, const std::string& reason) {
    log.error("process.not_reloaded", {{"reason", reason}});
}

// A mistake in the file must not stop a running gateway: it goes on with what it has.
void reload(const std::string& config_file, Service& service, Log& log) {
    auto loaded = config::load_file(config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return say_not_reloaded(log, config::to_text(*problems));
    }
    std::vector<config::Problem> problems;
    const auto done = service.reload(std::get<config::Settings>(loaded).apps, problems);
    if (!problems.empty()) return say_not_reloaded(log, config::to_text(problems));
    if (!done) return say_not_reloaded(log, done.error().message());
    log.info("process.reloaded", {{"what", "the apps, with their keys and rules, and TLS"}});
}

// One step: USR1 towards debug, USR2 towards errors alone. That is written whatever the level is,
// so that the log says from where on it says less.
void change_level(int signal, Log& log) {
    constexpr std::array kLevels = {LogLevel::debug, LogLevel::info, LogLevel::warning,
                                    LogLevel::error};
    const auto was = std::ranges::find(kLevels, log.level());
    auto is = was;
    if (signal == SIGUSR1 && was != kLevels.begin()) is = std::prev(was);
    if (signal == SIGUSR2 && std::next(was) != kLevels.end()) is = std::next(was);
    log.set_level(std::min(*is, LogLevel::info));
    log.info("process.log_level", {{"from", name_of(*was)}, {"to", name_of(*is)}});
    log.set_level(*is);
}

// Until it is told to stop; SIGHUP reads the apps and the TLS files again.
int serve_until_stopped(const std::string& config_file, Service& service, Log& log) {
    sigset_t signals = stop_signals();
    for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&signals, signal);
    for (;;) {
        const int caught = wait_for(signals);
        if (caught == SIGHUP) {
            reload(config_file, service, log);
        } else if (caught == SIGUSR1 || caught == SIGUSR2) {
            change_level(caught, log);
        } else {
            return caught;
        }
    }
}

}  // namespace

void block_signals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A peer that leaves while we write to it is an error code, not the end of the process.
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
}

// The default gives memory back to the system whenever a thread's heap ends in 128 KiB of it, and
// asks for it again a request later: a system call and fresh pages each time.
void keep_freed_memory() {
    static_cast<void>(::mallopt(M_TRIM_THRESHOLD, kFreedMemoryKept));
}

int wait_for_signal() {
    return wait_for(stop_signals());
}

int serve(const std::string& config_file) {
    auto loaded = config::load_file(config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return report(config_file, *problems);
    }
    auto& settings = std::get<config::Settings>(loaded);
    block_signals();
    sigset_t wishes;
    sigemptyset(&wishes);
    for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&wishes, signal);
    pthread_sigmask(SIG_BLOCK, &wishes, nullptr);
    keep_freed_memory();
    ::umask(077);  // The ledger holds buyers' data.
    Log log(STDERR_FILENO, system_clock(), settings.log_level);
    SeededRandom random(dice());
    signing::EntropyPool entropy(signing::openssl_entropy());
    std::vector<config::Problem> problems;
    auto service = Service::start(std::move(settings),
                                  {.clock = system_clock(),
                                   .entropy = entropy,
                                   .random = random,
                                   .log = log,
                                   .on_fatal =
                                       [&log](std::string_view reason) {
                                           log.error("process.must_stop", {{"reason", reason}});
                                           // No destructor may answer anybody any more.
                                           std::_Exit(kMustStop);
                                       }},
                                  problems);
    if (!problems.empty()) return report(config_file, problems);
    if (!service) {
        log.error("process.cannot_start", {{"reason", service.error().message()}});
        return exit_code_of(service.error());
    }
    for (const char* listener : {"public", "api", "operator"}) {
        log.info("process.listening",
                 {{"listener", listener}, {"port", (*service)->port(listener)}});
    }
    log.info("process.ready");
    tell_service_manager("READY=1");
    const int signal = serve_until_stopped(config_file, **service, log);
    log.info("process.stopping", {{"signal", signal}});
    tell_service_manager("STOPPING=1");
    // A second signal ends it at once: what is not done is left to the next start.
    static_cast<void>(std::signal(SIGINT, SIG_DFL));
    static_cast<void>(std::signal(SIGTERM, SIG_DFL));
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    (*service)->stop(kPatience);
    log.info("process.stopped");
    return kDone;
}

int check_config(const std::string& config_file) {
    auto loaded = config::load_file(config_file);
    if (const auto* problems = std::get_if<std::vector<config::Problem>>(&loaded)) {
        return report(config_file, *problems);
    }
    std::vector<config::Problem> problems;
    check_settings(std::get<config::Settings>(loaded), problems);
    if (!problems.empty()) return report(config_file, problems);
    std::puts("ok");
    return kDone;
}

}  // namespace tollgate::gateway::cli
