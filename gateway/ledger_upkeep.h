#pragma once

#include <functional>
#include <utility>

#include "base/log.h"
#include "ledger/engine_clock.h"
#include "ledger/store.h"
#include "ledger/writer.h"

namespace tollgate::gateway {

// What a ledger needs now and then, beside what is written to it; for a thread of its own, every
// kBeat.
class LedgerUpkeep {
public:
    // Short: what a checkpoint has gathered goes to the disk at once, and commits wait behind it.
    static constexpr std::chrono::milliseconds kBeat{100};

    struct Hints {
        std::function<void()> published;   // There may be events to show.
        std::function<void()> to_deliver;  // There may be events to deliver.
    };

    LedgerUpkeep(ledger::Store& store, ledger::EngineClock& clock, Hints hints, Log& log)
        : store_(store), clock_(clock), hints_(std::move(hints)), log_(log) {}

    // Fails when the process must stop; see Store::checkpoint().
    Result<Done> run_once();

private:
    void look_around();

    ledger::Store& store_;
    ledger::EngineClock& clock_;
    const Hints hints_;
    Log& log_;
    int beat_ = 0;
};

}  // namespace tollgate::gateway
