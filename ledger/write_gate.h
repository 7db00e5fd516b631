#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tollgate::ledger {

// Lets the checkpointer have the ledger for a moment between two transactions of the writer.
// SQLite's own lock would do, were it not for how one waits for it: by asking again after ever
// longer sleeps, between which a busy writer has always begun anew. Safe from any thread.
class WriteGate {
public:
    // The writer's, around each transaction. enter() waits while the checkpointer is inside.
    // Leaving twice, or entering again after a transaction that SQLite gave up by itself, does no
    // harm.
    void enter() {
        std::unique_lock lock(mutex_);
        writing_ = false;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !checkpointing_; });
        writing_ = true;
    }
    void leave() {
        const std::lock_guard lock(mutex_);
        writing_ = false;
        changed_.notify_all();
    }

    // Runs `work` while no transaction is under way and none can begin. Without running it: false,
    // when the transaction under way did not end within `patience`.
    template <typename Work>
    bool run_between(std::chrono::milliseconds patience, Work work) {
        {
            std::unique_lock lock(mutex_);
            checkpointing_ = true;
            if (!changed_.wait_for(lock, patience, [this] { return !writing_; })) {
                checkpointing_ = false;
                changed_.notify_all();
                return false;
            }
        }
        work();
        const std::lock_guard lock(mutex_);
        checkpointing_ = false;
        changed_.notify_all();
        return true;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool writing_ = false;
    bool checkpointing_ = false;
};

}  // namespace tollgate::ledger
