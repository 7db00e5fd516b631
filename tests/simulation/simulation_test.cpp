// The simulation's own rules, and seeds of it: a fixed set, those that once found something, fresh
// ones, and two walks that leave nothing to chance. A failing seed prints how to see it again.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/simulation/run.h"
#include "tests/support/source_dir.h"

namespace tollgate::simulation {
namespace {

std::string command(const RunOptions& options) {
    return "simulate --seed " + std::to_string(options.seed) + " --orders " +
           std::to_string(options.orders) +
           (options.keys == Keys::rsa ? " --keys rsa" : " --keys fast") +
           (options.dies_at > 0 ? " --dies-at " + std::to_string(options.dies_at) : "") +
           (options.disk_fails_at > 0
                ? " --disk-fails-at " + std::to_string(options.disk_fails_at) +
                      " --disk-fails-times " + std::to_string(options.disk_fails_times)
                : "") +
           " --trace";
}

RunReport expect_to_hold(const RunOptions& options) {
    RunReport report = simulate(options);
    for (const auto& violation : report.violations) {
        ADD_FAILURE() << violation << "\nfaults:" << report.faults
                      << "\nto see it again: " << command(options);
    }
    return report;
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The two walks take minutes under the sanitizers.
bool walks() {
    return std::getenv("TOLLGATE_SIMULATION_WALKS") != nullptr;
}

// The whole output of `simulate` in a process of its own.
std::string run_program(const std::string& arguments) {
    const std::string line = std::string(TOLLGATE_SIMULATE) + " " + arguments;
    const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(line.c_str(), "r"), ::pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (const std::size_t got = std::fread(part.data(), 1, part.size(), output.get())) {
        text.append(part.data(), got);
    }
    return text;
}

std::string trace_line(const std::string& output) {
    const auto at = output.find("\ntrace ");
    return at == std::string::npos ? "" : output.substr(at + 1, output.find('\n', at + 1) - at);
}

TEST(Simulation, HoldsForTheFixedSeeds) {
    for (std::uint64_t seed = 1; seed <= 8 && !HasFailure(); ++seed) {
        expect_to_hold({.seed = seed, .orders = 25});
    }
}

TEST(Simulation, HoldsForSeedsThatOnceFoundSomething) {
    std::ifstream file(source_dir() / "tests/simulation/seeds.txt");
    ASSERT_TRUE(file);
    for (std::string line; std::getline(file, line) && !HasFailure();) {
        std::istringstream words(line);
        RunOptions options;
        if (line.starts_with('#') || !(words >> options.seed >> options.orders)) continue;
        expect_to_hold(options);
    }
}

TEST(Simulation, HoldsForFreshSeeds) {
    const auto now = static_cast<std::uint64_t>(system_clock().now().ms);
    const std::uint64_t first = number_from_environment("TOLLGATE_SIMULATION_SEED", now);
    const std::uint64_t count = number_from_environment("TOLLGATE_SIMULATION_RUNS", 4);
    for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
        expect_to_hold({.seed = seed, .orders = 25});
    }
}

TEST(Simulation, HoldsWithRealKeys) {
    for (std::uint64_t seed = 1; seed <= 2 && !HasFailure(); ++seed) {
        expect_to_hold({.seed = seed, .orders = 10, .keys = Keys::rsa});
    }
}

TEST(Simulation, PlaysTheSameSeedTheSameWay) {
    const RunReport once = simulate({.seed = 7, .orders = 20});
    const RunReport again = simulate({.seed = 7, .orders = 20});
    EXPECT_EQ(once.trace_hash, again.trace_hash);
    EXPECT_EQ(once.steps, again.steps);
    EXPECT_NE(once.trace_hash, simulate({.seed = 8, .orders = 20}).trace_hash);
}

// Nothing may depend on where things lie in memory, or on the time of day: another process, with
// real keys, sees to both.
TEST(Simulation, PlaysTheSameSeedTheSameWayInAnotherProcess) {
    const std::string arguments = "--seed 9 --orders 20 --keys rsa --trace";
    const std::string once = trace_line(run_program(arguments));
    EXPECT_EQ(once.size(), std::string("trace 0123456789abcdef\n").size());
    EXPECT_EQ(once, trace_line(run_program(arguments)));
}

TEST(Simulation, SurvivesADeathAtEveryTouch) {
    if (!walks()) GTEST_SKIP() << "long: TOLLGATE_SIMULATION_WALKS=1 asks for it";
    // An even seed takes the power away, an odd one the process alone.
    for (const std::uint64_t seed : {3U, 4U}) {
        std::int64_t touch = 1;
        for (; !HasFailure(); ++touch) {
            const auto report = expect_to_hold({.seed = seed, .orders = 1, .dies_at = touch});
            if (!report.death_came) break;
        }
        EXPECT_GT(touch, 30) << "it is hardly ever touched";
    }
}

TEST(Simulation, SurvivesEachDiskOperationFailing) {
    if (!walks()) GTEST_SKIP() << "long: TOLLGATE_SIMULATION_WALKS=1 asks for it";
    // The seed's remainder by three says which kind fails.
    for (const std::uint64_t seed : {3U, 4U, 5U}) {
        for (const int times : {1, 5}) {
            std::int64_t nth = 1;
            for (; !HasFailure(); ++nth) {
                const auto report = expect_to_hold(
                    {.seed = seed, .orders = 1, .disk_fails_at = nth, .disk_fails_times = times});
                if (report.disk_failures == 0) break;
            }
            EXPECT_GT(nth, 5) << "the disk is hardly ever touched";
        }
    }
}

}  // namespace
}  // namespace tollgate::simulation
