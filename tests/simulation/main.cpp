// The simulation as a program: see docs/simulation.md.
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "tests/simulation/pool.h"
#include "tests/simulation/run.h"

namespace {

using tollgate::simulation::Keys;
using tollgate::simulation::RunOptions;
using tollgate::simulation::RunReport;

struct Totals {
    std::uint64_t runs = 0;
    std::uint64_t failed = 0;
    std::uint64_t orders = 0;
    std::uint64_t paid = 0;
    std::uint64_t refunds = 0;
    std::uint64_t deaths = 0;
    std::uint64_t disk_failures = 0;
    std::uint64_t successes = 0;
    std::uint64_t events = 0;
    std::uint64_t differences = 0;
    std::uint64_t steps = 0;
    std::uint64_t virtual_hours = 0;
    std::uint64_t digest = 0;  // Of everything that happened, whoever ran which seed.

    void operator+=(const Totals& other) {
        for (const auto member :
             {&Totals::runs, &Totals::failed, &Totals::orders, &Totals::paid, &Totals::refunds,
              &Totals::deaths, &Totals::disk_failures, &Totals::successes, &Totals::events,
              &Totals::differences, &Totals::steps, &Totals::virtual_hours, &Totals::digest}) {
            this->*member += other.*member;
        }
    }
};

struct Took {
    std::chrono::nanoseconds started = tollgate::system_clock().monotonic();

    std::int64_t ms() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   tollgate::system_clock().monotonic() - started)
            .count();
    }
};

void add(Totals& totals, const RunOptions& options, const RunReport& report) {
    ++totals.runs;
    if (!report.violations.empty()) ++totals.failed;
    totals.orders += static_cast<std::uint64_t>(options.orders);
    totals.paid += static_cast<std::uint64_t>(report.paid);
    totals.refunds += static_cast<std::uint64_t>(report.refunds);
    totals.deaths += static_cast<std::uint64_t>(report.deaths);
    totals.disk_failures += report.disk_failures;
    totals.successes += report.successes;
    totals.events += report.events;
    totals.differences += static_cast<std::uint64_t>(report.differences);
    totals.steps += report.steps;
    totals.virtual_hours += static_cast<std::uint64_t>(report.virtual_ms / 3'600'000);
    // Mixed with its seed, so that two runs cannot change places.
    totals.digest += (report.trace_hash ^ report.disk_touches) * (2 * options.seed + 1);
}

void print_failure(const RunOptions& options, const RunReport& report) {
    std::printf("seed %" PRIu64
                " fails; to see it again:\n"
                "  simulate --seed %" PRIu64
                " --orders %d --keys %s --trace\n"
                "  faults:%s\n",
                options.seed, options.seed, options.orders,
                options.keys == Keys::rsa ? "rsa" : "fast", report.faults.c_str());
    for (const auto& violation : report.violations) std::printf("  %s\n", violation.c_str());
    std::fflush(stdout);
}

void print_totals(const Totals& totals, std::int64_t took_ms) {
    const auto per_second =
        totals.orders * 1'000 / static_cast<std::uint64_t>(took_ms > 0 ? took_ms : 1);
    std::printf("%" PRIu64 " runs, %" PRIu64 " orders (%" PRIu64 " paid), %" PRIu64
                " refunds, %" PRIu64 " deaths, %" PRIu64 " failing disk operations, %" PRIu64
                " answers `success`, %" PRIu64 " events heard, %" PRIu64 " differences, %" PRIu64
                " steps, %" PRIu64 " virtual hours, digest %016" PRIx64 ": %" PRIu64
                " failed; %" PRId64 ".%03d s, %" PRIu64 " orders/s\n",
                totals.runs, totals.orders, totals.paid, totals.refunds, totals.deaths,
                totals.disk_failures, totals.successes, totals.events, totals.differences,
                totals.steps, totals.virtual_hours, totals.digest, totals.failed, took_ms / 1'000,
                static_cast<int>(took_ms % 1'000), per_second);
}

// Seeds first, first + step, … ; stops at the first that fails unless told otherwise.
struct Share {
    std::uint64_t first = 0;
    std::uint64_t step = 1;
    std::uint64_t runs = 0;
    bool keep_going = false;
    bool progress = false;
};

Totals run_share(RunOptions options, const Share& share, const Took& took) {
    Totals totals;
    options.seed = share.first;
    for (std::uint64_t run = 0; run < share.runs; ++run, options.seed += share.step) {
        const RunReport report = tollgate::simulation::simulate(options);
        add(totals, options, report);
        if (options.trace) std::printf("trace %016" PRIx64 "\n", report.trace_hash);
        if (!report.violations.empty()) {
            print_failure(options, report);
            if (!share.keep_going) break;
        }
        if (share.progress && totals.runs % 1'000 == 0) {
            std::fprintf(stderr, "%" PRIu64 " runs, %" PRIu64 " orders, %" PRId64 " s\n",
                         totals.runs, totals.orders, took.ms() / 1'000);
        }
    }
    return totals;
}

// The seeds dealt out to so many processes: a run shares nothing with another, so each of them goes
// as it would alone.
Totals run_in_processes(const RunOptions& options, const Share& all, std::uint64_t jobs,
                        const Took& took) {
    std::vector<int> results;
    for (std::uint64_t job = 0; job < jobs; ++job) {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) std::abort();
        if (::fork() == 0) {
            Share share = all;
            share.first += job;
            share.step = jobs;
            share.runs = (all.runs + jobs - 1 - job) / jobs;
            const Totals totals = run_share(options, share, took);
            std::fflush(stdout);
            const bool told = ::write(ends[1], &totals, sizeof totals) == sizeof totals;
            ::_exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
        }
        ::close(ends[1]);
        results.push_back(ends[0]);
    }
    Totals sum;
    for (const int result : results) {
        Totals totals;
        // Without a word from it, it has died: that is a failure, too.
        if (::read(result, &totals, sizeof totals) != sizeof totals) totals.failed = 1;
        ::close(result);
        sum += totals;
    }
    while (::wait(nullptr) > 0) continue;
    return sum;
}

}  // namespace

int main(int argc, char** argv) {
#ifdef TOLLGATE_POOL
    tollgate::simulation::use_pool();
#endif
    // The simulated disks come and go by the megabyte: their memory is kept, not given back each
    // time.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // The most that it takes.
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    // The trace and the gateway's log take turns.
    setvbuf(stdout, nullptr, _IOLBF, 0);
    CLI::App app(
        "Runs the gateway in a simulated world that loses, doubles and spoils messages,"
        " kills it and breaks its disk, and checks that no money goes astray.");
    RunOptions options;
    std::uint64_t jobs = 1;
    Share share{.runs = 1};
    app.add_option("--seed", options.seed, "The first run's seed; the others follow")
        ->capture_default_str();
    app.add_option("--runs", share.runs, "How many runs")->capture_default_str();
    app.add_option("--jobs", jobs, "Processes that share the seeds")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    app.add_option("--orders", options.orders, "Orders a run")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    const std::map<std::string, Keys> names{{"fast", Keys::fast}, {"rsa", Keys::rsa}};
    app.add_option("--keys", options.keys, "fast: a keyed hash in RSA's place. rsa: the real thing")
        ->transform(CLI::CheckedTransformer(names));
    app.add_flag("--trace", options.trace, "Print what happens");
    app.add_flag("--keep-going", share.keep_going, "Do not stop at the first failing seed");
    app.add_flag("--progress", share.progress, "A line every thousand runs, to stderr");
    app.add_option("--dies-at", options.dies_at, "No fault but one death, at this touch");
    app.add_option("--disk-fails-at", options.disk_fails_at,
                   "No fault but disk operations that fail, from this one on");
    app.add_option("--disk-fails-times", options.disk_fails_times, "So many of them")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const Took took;
    share.first = options.seed;
    const Totals totals =
        jobs == 1 ? run_share(options, share, took) : run_in_processes(options, share, jobs, took);
    print_totals(totals, took.ms());
    return totals.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
