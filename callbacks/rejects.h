#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "callbacks/app.h"
#include "ledger/writer.h"

namespace tollgate::callbacks {

// A notification that did not verify, or was no form at all.
struct UnverifiedNotification {
    AppRef app;
    std::string reason;
    std::string detail;
    std::string body;
    std::string headers;
    std::string request_id;
    Timestamp received_at;
};

// Keeps a sample of the unverified notifications, each with a hint at what went wrong, in the
// bounded ring of its app. What a flood of forgeries costs is counting them: everything beyond
// `per_second` is counted and forgotten, and the explaining is done off the workers.
class Rejects {
public:
    struct Options {
        std::int64_t kept_max = 1000;  // Rows per app.
        std::int64_t per_second = 5;
    };

    Rejects(Options options, ledger::Writer& writer, Clock& clock, Log& log)
        : options_(options), writer_(writer), clock_(clock), log_(log) {}

    // Counts it, and puts it in line when there is room. Safe from any thread; never waits.
    void note(UnverifiedNotification notification);

    // Explains and stores what is in line, at most `limit`. Returns how many it took. For a thread
    // that may compute for some milliseconds each.
    int run_once(int limit);

    struct Counters {
        std::uint64_t noted = 0;   // All of them.
        std::uint64_t stored = 0;  // Those that got a row.
    };
    Counters counters() const;
    // How many of them for each reason. Reasons are words of ours, so there are few.
    std::map<std::string, std::uint64_t> by_reason() const;

private:
    bool admit(Timestamp now);

    const Options options_;
    ledger::Writer& writer_;
    Clock& clock_;
    Log& log_;
    mutable std::mutex mutex_;
    std::deque<UnverifiedNotification> line_;
    std::int64_t second_ = 0;  // The second that `admitted_` counts.
    std::int64_t admitted_ = 0;
    Counters counters_;
    std::map<std::string, std::uint64_t> by_reason_;
};

}  // namespace tollgate::callbacks
