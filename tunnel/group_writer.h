#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "tunnel/relay_store.h"

namespace tollgate::tunnel {

// Many writes, one COMMIT, one sync to the disk. A write's outcome is told after the COMMIT that
// makes it true. When one of a batch fails, the batch is undone and its writes run again one by
// one, so that a bad one takes none along. A COMMIT that fails by I/O is in doubt: nobody is
// answered, run_once() gives the error, and the process must stop.
class GroupWriter {
public:
    using Work = std::function<Result<Done>(RelayStore&)>;
    using Told = std::function<void(const Result<Done>&)>;

    // `on_told` is called on the writer's thread after all of a batch have been told: what can be
    // done once for many belongs there.
    GroupWriter(RelayStore& store, Log& log, std::function<void()> on_told = {})
        : store_(store), log_(log), on_told_(std::move(on_told)) {}
    GroupWriter(const GroupWriter&) = delete;
    GroupWriter& operator=(const GroupWriter&) = delete;
    ~GroupWriter() { close(); }

    // Puts it in line; `work` may run twice. Safe from any thread. `told` is called on the writer's
    // thread, or at once with unavailable when the line is full or closed.
    void submit(Work work, Told told);
    // The same for what nobody waits for: it shares the sync of whatever comes next, and has one of
    // its own only when nothing has come for kUnhurried.
    void submit_unhurried(Work work, Told told);

    // Waits until there is work that is due, or `patience` is over; true when there is work.
    bool wait(std::chrono::milliseconds patience);
    void wake();
    // Tells what is in line, and whatever comes later, unavailable. Once run_once() has ended.
    void close();

    // Runs and commits what is in line; the number of writes. One thread only. Errors:
    // data_corruption when a COMMIT is in doubt.
    Result<std::size_t> run_once();

    struct Health {
        bool failing = false;  // The last batch could not be written.
        std::size_t waiting = 0;
        std::uint64_t commits = 0;
        std::uint64_t writes = 0;
    };
    Health health() const;

    static constexpr std::size_t kBatchMax = 512;
    static constexpr std::size_t kQueueMax = 50'000;
    static constexpr std::chrono::milliseconds kUnhurried{20};

private:
    struct Pending {
        Work work;
        Told told;
        bool hurried = true;
        Result<Done> outcome = Done{};
    };

    void enqueue(Pending pending);
    Result<Done> run_batch(Pending* first, std::size_t count, bool& in_doubt);

    RelayStore& store_;
    Log& log_;
    const std::function<void()> on_told_;
    mutable std::mutex mutex_;  // Guards queue_, hurried_, woken_, closed_.
    std::condition_variable arrived_;
    std::vector<Pending> queue_;
    std::size_t hurried_ = 0;  // Of those in the queue.
    bool woken_ = false;
    bool closed_ = false;
    std::vector<Pending> abandoned_;  // In doubt: kept, so that nobody answers for them.
    std::atomic<bool> failing_{false};
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> writes_{0};
};

}  // namespace tollgate::tunnel
