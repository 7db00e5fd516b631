#pragma once

#include <atomic>
#include <functional>

#include "base/clock.h"
#include "base/log.h"
#include "config/settings.h"
#include "ledger/store.h"
#include "ledger/writer.h"

namespace tollgate::gateway {

// Removes from the ledger what is older than the settings want it kept: a pass over it every ten
// minutes, in small steps, each a unit of work of its own. All must outlive it.
class Retention {
public:
    static constexpr std::chrono::minutes kPassEvery{10};
    static constexpr std::chrono::minutes kPartitionsEvery{30};
    static constexpr int kRowsAStep = 500;

    struct Seams {
        ledger::Store& store;
        ledger::Writer& writer;
        Clock& clock;
        Log& log;
    };

    Retention(config::RetentionSettings settings, Seams seams)
        : settings_(settings), seams_(seams) {}

    // Begins the next step, if one is due and none is under way. One thread; never waits.
    void run_once();

    // Makes the partitions of the months to come, and drops old ones, where the engine has any. For
    // a thread that may wait; does something every kPartitionsEvery.
    void turn_partitions();

private:
    enum class Stage { bodies, events, over };

    std::optional<Timestamp> before(std::int64_t days) const;
    std::optional<Timestamp> before(Stage stage) const;
    void begin_step(Timestamp before);
    void note(const ledger::RetentionStep& step);

    const config::RetentionSettings settings_;
    const Seams seams_;
    std::atomic<bool> under_way_ = false;
    // Of whoever has a step under way, else of run_once().
    Stage stage_ = Stage::over;
    ledger::RowId after_ = 0;
    std::int64_t bodies_ = 0;  // Removed in this pass.
    std::int64_t events_ = 0;
    std::chrono::nanoseconds next_pass_{};
    // The other thread's.
    std::chrono::nanoseconds next_turn_{};
};

}  // namespace tollgate::gateway
