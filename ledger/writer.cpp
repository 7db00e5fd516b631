#include "ledger/writer.h"

#include <algorithm>
#include <utility>

namespace tollgate::ledger {

Writer::Writer(std::unique_ptr<WriteConnection> connection, Options options, Log& log)
    : connection_(std::move(connection)), options_(options), log_(log) {}

Writer::~Writer() {
    close();
}

void Writer::close() {
    std::vector<std::unique_ptr<Unit>> left;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        left.swap(queue_);
    }
    for (auto& unit : left) unit->finish(stopped());
}

void Writer::submit(std::unique_ptr<Unit> unit) {
    {
        const std::lock_guard lock(mutex_);
        if (!in_doubt_ && !closed_ && queue_.size() < options_.queue_max) {
            queue_.push_back(std::move(unit));
            if (queue_.size() == 1) arrived_.notify_one();
            return;
        }
    }
    unit->finish(in_doubt_ ? doubt() : closed_ ? stopped() : line_full());
}

bool Writer::wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, patience, [this] { return !queue_.empty() || woken_; });
    woken_ = false;
    return !queue_.empty();
}

void Writer::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    arrived_.notify_one();
}

Result<std::size_t> Writer::run_once() {
    if (in_doubt_) return doubt();
    std::vector<Pending> batch;
    {
        const std::lock_guard lock(mutex_);
        const std::size_t size = std::min(queue_.size(), options_.batch_max);
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
        for (auto unit = queue_.begin(); unit != end; ++unit) {
            batch.push_back({.unit = std::move(*unit)});
        }
        queue_.erase(queue_.begin(), end);
    }
    if (batch.empty()) return std::size_t{0};

    BatchEnd end = run_batch(batch, false);
    if (end == BatchEnd::half_done_unit) end = run_batch(batch, true);
    if (end == BatchEnd::dropped) run_alone(batch);
    if (in_doubt_) {
        abandoned_ = std::move(batch);
        return doubt();
    }
    finish(batch);
    return batch.size();
}

Writer::BatchEnd Writer::run_batch(std::vector<Pending>& batch, bool savepoints) {
    if (auto begun = connection_->begin(); !begun) {
        note_error(begun.error());
        for (Pending& pending : batch) pending.outcome = begun.error();
        return BatchEnd::rolled_back;
    }
    for (Pending& pending : batch) {
        Unit& unit = *pending.unit;
        pending.outcome = savepoints ? run_unit_under_savepoint(unit) : run_unit(unit);
        if (!connection_->in_transaction()) return BatchEnd::dropped;
        if (savepoints || pending.outcome || connection_->left_no_trace()) continue;
        connection_->roll_back();
        return BatchEnd::half_done_unit;
    }
    return commit_batch(batch);
}

// Whatever is returned here does not count when the engine has given the transaction up, or when a
// unit that failed has left a trace: the caller sees it and starts again.
Result<Done> Writer::run_unit(Unit& unit) {
    for (int run = 1;; ++run) {
        connection_->begin_unit();
        auto outcome = unit.run(connection_->books());
        if (outcome) return outcome;
        note_error(outcome.error());
        if (!connection_->left_no_trace()) return outcome;
        if (run > 1 || outcome.error().code() != ErrorCode::stale_version) return outcome;
    }
}

Result<Done> Writer::run_unit_under_savepoint(Unit& unit) {
    for (int run = 1;; ++run) {
        connection_->begin_unit();
        if (auto saved = connection_->savepoint(); !saved) {
            connection_->roll_back();
            return saved;
        }
        auto outcome = unit.run(connection_->books());
        if (outcome) outcome = connection_->release_savepoint();
        if (outcome) return outcome;
        note_error(outcome.error());
        if (!connection_->in_transaction()) return outcome;
        if (auto undone = connection_->undo_to_savepoint(); !undone) {
            // Half a unit must not be committed with the others: the whole batch starts again.
            connection_->roll_back();
            return undone;
        }
        if (run > 1 || outcome.error().code() != ErrorCode::stale_version) return outcome;
    }
}

Writer::BatchEnd Writer::commit_batch(std::vector<Pending>& batch) {
    std::string reason;
    switch (connection_->commit(&reason)) {
        case WriteConnection::Commit::durable:
            if (connection_->has_written()) write_failing_ = false;
            ++commits_;
            return BatchEnd::committed;
        case WriteConnection::Commit::rolled_back:
            log_.error("ledger.commit_rolled_back", {{"reason", reason}});
            for (Pending& pending : batch) {
                pending.outcome = Error(ErrorCode::unavailable, "not written: " + reason)
                                      .because("storage_unavailable");
            }
            write_failing_ = true;
            return BatchEnd::rolled_back;
        case WriteConnection::Commit::in_doubt:
            log_.error("ledger.commit_in_doubt", {{"reason", reason}});
            in_doubt_ = true;
            return BatchEnd::in_doubt;
    }
    return BatchEnd::in_doubt;
}

void Writer::run_alone(std::vector<Pending>& batch) {
    log_.warning("ledger.batch_dropped", {{"units", static_cast<std::int64_t>(batch.size())}});
    for (Pending& pending : batch) {
        std::vector<Pending> alone;
        alone.push_back({.unit = std::move(pending.unit)});
        const BatchEnd end = run_batch(alone, true);
        pending = std::move(alone.front());
        if (end == BatchEnd::in_doubt) return;
        if (end == BatchEnd::dropped && pending.outcome) {
            pending.outcome = Error(ErrorCode::unavailable, "the ledger gave the work up")
                                  .because("storage_unavailable");
        }
    }
}

void Writer::note_error(const Error& error) {
    const bool about_the_disk = error.reason() == "disk_full" ||
                                error.reason() == "storage_unavailable" ||
                                error.code() == ErrorCode::data_corruption;
    if (!about_the_disk) return;
    if (!write_failing_.exchange(true))
        log_.error("ledger.write_failing", {{"reason", error.message()}});
}

void Writer::finish(std::vector<Pending>& batch) {
    units_ += batch.size();
    // The hint first: whoever sends events may start while the answers go out.
    const std::uint64_t events = connection_->books().events_added();
    if (std::exchange(events_seen_, events) != events && on_events_) on_events_();
    if (!around_outcomes_) return tell_outcomes(batch);
    around_outcomes_([&batch] { tell_outcomes(batch); });
}

void Writer::tell_outcomes(std::vector<Pending>& batch) {
    for (Pending& pending : batch) pending.unit->finish(std::move(pending.outcome));
}

Error Writer::stopped() {
    return Error(ErrorCode::unavailable, "the ledger has stopped").because("stopping");
}

Error Writer::line_full() {
    return Error(ErrorCode::unavailable, "the ledger's line is full").because("overloaded");
}

Error Writer::doubt() {
    return Error(ErrorCode::data_corruption,
                 "a COMMIT failed and may or may not be on the disk; this process must stop")
        .because("commit_in_doubt");
}

Writer::Health Writer::health() const {
    const std::lock_guard lock(mutex_);
    return {.write_failing = write_failing_,
            .in_doubt = in_doubt_,
            .commits = commits_,
            .units = units_,
            .waiting = queue_.size()};
}

}  // namespace tollgate::ledger
