#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/tally.h"
#include "ledger/store.h"
#include "ledger/unit.h"

namespace tollgate::ledger {

// Group commit: many units of work, one COMMIT, one sync to disk.
//
// The contract, which callbacks depend on:
//   1. No outcome leaves before the COMMIT that makes it true, refusals included (they may rest on
//      what an earlier unit of the same batch wrote).
//   2. A unit's error undoes it alone, the others live. A stale version is run once more. Nearly
//      always a unit that fails has written nothing; the rare batch in which one has is rolled back
//      and run again, each unit under a savepoint.
//   3. When the engine drops the whole batch (a full disk, an I/O error, a deadlock between two
//      processes), its units run again: together when that may help, without the one that was the
//      reason, or each in a transaction of its own, so that one bad unit cannot take the others
//      down.
//   4. A COMMIT that was rolled back gives every unit of the batch `unavailable`.
//   5. A COMMIT of which nobody knows is asked about until the engine answers: it was committed, or
//      its units run again. Meanwhile nothing else is written.
//   6. A COMMIT in doubt completes nothing: run_once() gives the error, the process must stop, and
//      recovery at the next start decides. Until then every submit() is refused.
class Writer {
public:
    struct Options {
        std::size_t batch_max = 512;     // Units a COMMIT.
        std::size_t queue_max = 50'000;  // Beyond: unavailable at once.
        // A smaller batch waits so long for others, while there are more to come (expect_more()).
        std::size_t gathered = 64;
        std::chrono::microseconds gather_time{4'000};
    };

    Writer(std::unique_ptr<WriteConnection> connection, Options options, Log& log);
    ~Writer();  // Units still waiting finish with unavailable.

    // Puts it in line. Safe from any thread. Its finish() comes later, or at once with unavailable
    // when the line is full or the writer has stopped.
    void submit(std::unique_ptr<Unit> unit);

    // Waits until there is work or `patience` is over; true when there is work.
    bool wait(std::chrono::milliseconds patience);
    // Makes wait() return.
    void wake();
    // Finishes what is in line with unavailable, and everything that is submitted later. Call once
    // run_once() is not called any more, while whoever waits for the outcomes still lives.
    void close();

    // Runs and commits what is in line, at most batch_max units; the number it finished.
    // Errors: data_corruption when the COMMIT is in doubt (rule 6). One thread only.
    Result<std::size_t> run_once();

    // Runs `work` and waits for its outcome: for threads that may wait, never for workers and
    // never for the writer's own.
    template <typename Work>
    std::invoke_result_t<Work&, Books&> transact(Work work);

    // Called on the writer's thread after a batch that wrote events.
    void on_events(std::function<void()> hint) { on_events_ = std::move(hint); }

    // Called on the writer's thread around the outcomes of each batch: it must run what it is
    // given, once. Whoever waits for outcomes can gather them that way.
    void around_outcomes(std::function<void(const std::function<void()>&)> around) {
        around_outcomes_ = std::move(around);
    }

    // Whether those who submit are all at work: then wait() lets a small batch fill, since a COMMIT
    // costs the processor and the disk nearly the same for one unit as for many. Called on the
    // writer's thread. Before the first wait().
    void expect_more(std::function<bool()> more_to_come) {
        more_to_come_ = std::move(more_to_come);
    }

    // Commits are timed by it. Before the first run_once(); it must outlive the writer.
    void time_commits(Clock& clock) { clock_ = &clock; }

    struct Batches {
        Tally::Reading units;      // Of each batch that has ended, whichever way.
        Tally::Reading commit_us;  // How long COMMITs took, the sync to disk included.
    };
    Batches batches() const { return {units_a_batch_.read(), commit_us_.read()}; }

    struct Health {
        bool write_failing =
            false;              // The disk is full or fails. Cleared by the next durable COMMIT.
        bool in_doubt = false;  // Rule 6: this process must stop.
        std::uint64_t commits = 0;
        std::uint64_t units = 0;
        std::size_t waiting = 0;
    };
    Health health() const;

private:
    struct Pending {
        std::unique_ptr<Unit> unit;
        Result<Done> outcome = Done{};
    };

    using Batch = std::vector<Pending*>;
    enum class BatchEnd { committed, dropped, rolled_back, unknown, in_doubt };

    std::vector<Pending> take_batch();
    // Everybody's outcome is certain when it says `committed`.
    BatchEnd run_all(std::vector<Pending>& batch);
    BatchEnd run_together(Batch& batch, Batch& apart);
    BatchEnd run_alone(Pending& pending);
    BatchEnd run_batch(const Batch& batch, WriteConnection::Care care);
    Result<Done> run_unit(Unit& unit, std::size_t place);
    BatchEnd commit_batch(const Batch& batch);
    // Of the batch whose COMMIT is unknown.
    Result<std::size_t> resolve();
    Result<std::size_t> end_batch(BatchEnd end, std::vector<Pending> batch);
    void note_error(const Error& error);
    void finish(std::vector<Pending>& batch);
    WriteConnection::Commit timed_commit(std::string* reason);
    static void tell_outcomes(std::vector<Pending>& batch);
    static Error doubt();
    static Error stopped();
    static Error line_full();

    std::unique_ptr<WriteConnection> connection_;
    const Options options_;
    Log& log_;
    std::function<void()> on_events_;
    std::function<void(const std::function<void()>&)> around_outcomes_;
    std::function<bool()> more_to_come_;
    std::uint64_t events_seen_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<std::unique_ptr<Unit>> queue_;
    bool woken_ = false;

    // Rule 5: the batch, and those of it whose COMMIT is unknown. Those after them have not run.
    std::vector<Pending> unresolved_;
    Batch in_commit_;
    Batch after_commit_;
    std::vector<Pending> abandoned_;  // Rule 6: kept, so that nobody answers for them.
    std::atomic<bool> write_failing_ = false;
    std::atomic<bool> in_doubt_ = false;
    std::atomic<bool> closed_ = false;
    std::atomic<std::uint64_t> commits_ = 0;
    std::atomic<std::uint64_t> units_ = 0;
    Clock* clock_ = nullptr;
    Tally units_a_batch_;
    Tally commit_us_;
};

template <typename Work>
std::invoke_result_t<Work&, Books&> Writer::transact(Work work) {
    using Outcome = std::invoke_result_t<Work&, Books&>;
    std::mutex mutex;
    std::condition_variable done;
    std::unique_ptr<Outcome> outcome;
    submit(make_unit(std::move(work), [&](Outcome result) {
        const std::lock_guard lock(mutex);
        outcome = std::make_unique<Outcome>(std::move(result));
        done.notify_one();
    }));
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return outcome != nullptr; });
    return std::move(*outcome);
}

}  // namespace tollgate::ledger
