// The simulation as a program: see docs/simulation.md.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <malloc.h>

#include <CLI/CLI.hpp>

#include "base/clock.h"
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
    std::uint64_t deaths = 0;
    std::uint64_t disk_failures = 0;
    std::uint64_t successes = 0;
    std::uint64_t events = 0;
    std::uint64_t differences = 0;
    std::uint64_t steps = 0;
    std::uint64_t virtual_hours = 0;
};

void add(Totals& totals, const RunOptions& options, const RunReport& report) {
    ++totals.runs;
    if (!report.violations.empty()) ++totals.failed;
    totals.orders += static_cast<std::uint64_t>(options.orders);
    totals.paid += static_cast<std::uint64_t>(report.paid);
    totals.deaths += static_cast<std::uint64_t>(report.deaths);
    totals.disk_failures += report.disk_failures;
    totals.successes += report.successes;
    totals.events += report.events;
    totals.differences += static_cast<std::uint64_t>(report.differences);
    totals.steps += report.steps;
    totals.virtual_hours += static_cast<std::uint64_t>(report.virtual_ms / 3'600'000);
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
    std::printf(
        "%" PRIu64 " runs, %" PRIu64 " orders (%" PRIu64 " paid), %" PRIu64 " deaths, %" PRIu64
        " failing disk operations, %" PRIu64 " answers `success`, %" PRIu64
        " events heard, %" PRIu64 " differences, %" PRIu64 " steps, %" PRIu64
        " virtual hours: %" PRIu64 " failed; %" PRId64 ".%03d s, %" PRIu64 " orders/s\n",
        totals.runs, totals.orders, totals.paid, totals.deaths, totals.disk_failures,
        totals.successes, totals.events, totals.differences, totals.steps, totals.virtual_hours,
        totals.failed, took_ms / 1'000, static_cast<int>(took_ms % 1'000), per_second);
}

}  // namespace

int main(int argc, char** argv) {
    // The simulated disks come and go by the megabyte: their memory is kept, not given back each
    // time.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    // The trace and the gateway's log take turns.
    setvbuf(stdout, nullptr, _IOLBF, 0);
    CLI::App app(
        "Runs the gateway in a simulated world that loses, doubles and spoils messages,"
        " kills it and breaks its disk, and checks that no money goes astray.");
    RunOptions options;
    std::uint64_t runs = 1;
    bool keep_going = false;
    bool progress = false;
    app.add_option("--seed", options.seed, "The first run's seed; the others follow")
        ->capture_default_str();
    app.add_option("--runs", runs, "How many runs")->capture_default_str();
    app.add_option("--orders", options.orders, "Orders a run")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    const std::map<std::string, Keys> names{{"fast", Keys::fast}, {"rsa", Keys::rsa}};
    app.add_option("--keys", options.keys, "fast: a keyed hash in RSA's place. rsa: the real thing")
        ->transform(CLI::CheckedTransformer(names));
    app.add_flag("--trace", options.trace, "Print what happens");
    app.add_flag("--keep-going", keep_going, "Do not stop at the first failing seed");
    app.add_flag("--progress", progress, "A line every thousand runs, to stderr");
    app.add_option("--dies-at", options.dies_at, "No fault but one death, at this touch");
    app.add_option("--disk-fails-at", options.disk_fails_at,
                   "No fault but disk operations that fail, from this one on");
    app.add_option("--disk-fails-times", options.disk_fails_times, "So many of them")
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    Totals totals;
    const auto started = tollgate::system_clock().monotonic();
    const auto took_ms = [started] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
                   tollgate::system_clock().monotonic() - started)
            .count();
    };
    for (std::uint64_t run = 0; run < runs; ++run, ++options.seed) {
        const RunReport report = tollgate::simulation::simulate(options);
        add(totals, options, report);
        if (options.trace) std::printf("trace %016" PRIx64 "\n", report.trace_hash);
        if (!report.violations.empty()) {
            print_failure(options, report);
            if (!keep_going) break;
        }
        if (progress && totals.runs % 1'000 == 0) {
            std::fprintf(stderr, "%" PRIu64 " runs, %" PRIu64 " orders, %" PRId64 " s\n",
                         totals.runs, totals.orders, took_ms() / 1'000);
        }
    }
    print_totals(totals, took_ms());
    return totals.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
