#include "ledger/writer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::ledger {
namespace {

constexpr int kRunsTogetherMax = 4;
constexpr int kRunsAloneMax = 8;
constexpr std::chrono::milliseconds kResolveBeat{200};
constexpr std::array<std::int64_t, 10> kUnitBounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
constexpr std::array<std::int64_t, 13> kCommitBounds = {100,     250,     500,      1'000,  2'500,
                                                        5'000,   10'000,  25'000,   50'000, 100'000,
                                                        250'000, 500'000, 2'000'000};

// And not about what the unit wanted.
bool is_about_the_disk(const Error& error) {
    return error.reason() == "disk_full" || error.reason() == "storage_unavailable" ||
           error.code() == ErrorCode::data_corruption;
}

}  // namespace

Writer::Writer(std::unique_ptr<WriteConnection> connection, Options options, Log& log)
    : connection_(std::move(connection)),
      options_(options),
      log_(log),
      units_a_batch_(kUnitBounds),
      commit_us_(kCommitBounds) {}

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
            if (queue_.size() == 1 || queue_.size() == options_.gathered) arrived_.notify_one();
            return;
        }
    }
    unit->finish(in_doubt_ ? doubt() : closed_ ? stopped() : line_full());
}

bool Writer::wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!in_commit_.empty()) {
        arrived_.wait_for(lock, std::min(patience, kResolveBeat), [this] { return woken_; });
        woken_ = false;
        return true;
    }
    arrived_.wait_for(lock, patience, [this] { return !queue_.empty() || woken_; });
    const bool is_small = !queue_.empty() && queue_.size() < options_.gathered;
    if (is_small && more_to_come_ && more_to_come_()) {
        arrived_.wait_for(lock, options_.gather_time,
                          [this] { return queue_.size() >= options_.gathered || woken_; });
    }
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
    if (!in_commit_.empty()) return resolve();
    std::vector<Pending> batch = take_batch();
    if (batch.empty()) return std::size_t{0};
    const BatchEnd end = run_all(batch);
    return end_batch(end, std::move(batch));
}

std::vector<Writer::Pending> Writer::take_batch() {
    std::vector<Pending> batch;
    const std::lock_guard lock(mutex_);
    const std::size_t size = std::min(queue_.size(), options_.batch_max);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
    for (auto unit = queue_.begin(); unit != end; ++unit) {
        batch.push_back({.unit = std::move(*unit)});
    }
    queue_.erase(queue_.begin(), end);
    return batch;
}

Result<std::size_t> Writer::end_batch(BatchEnd end, std::vector<Pending> batch) {
    if (end == BatchEnd::in_doubt) {
        abandoned_ = std::move(batch);
        return doubt();
    }
    if (end == BatchEnd::unknown) {
        unresolved_ = std::move(batch);  // What in_commit_ points to stays where it is.
        return std::size_t{0};
    }
    finish(batch);
    return batch.size();
}

Result<std::size_t> Writer::resolve() {
    std::string reason;
    const auto known = connection_->resolve(&reason);
    if (known == WriteConnection::Commit::unknown) return std::size_t{0};
    log_.warning("ledger.commit_resolved",
                 {{"committed", known == WriteConnection::Commit::durable}, {"reason", reason}});
    Batch again = std::exchange(in_commit_, {});
    Batch rest = std::exchange(after_commit_, {});
    BatchEnd end = BatchEnd::committed;
    if (known == WriteConnection::Commit::in_doubt) {
        log_.error("ledger.commit_in_doubt", {{"reason", reason}});
        in_doubt_ = true;
        end = BatchEnd::in_doubt;
    } else if (known == WriteConnection::Commit::durable) {
        ++commits_;
        write_failing_ = false;
    } else {
        rest.insert(rest.begin(), again.begin(), again.end());
    }
    while (end != BatchEnd::in_doubt && !rest.empty()) {
        Pending* const next = rest.front();
        rest.erase(rest.begin());
        end = run_alone(*next);
        if (end == BatchEnd::unknown) {
            after_commit_ = std::move(rest);
            break;
        }
    }
    return end_batch(end, std::move(unresolved_));
}

Writer::BatchEnd Writer::run_all(std::vector<Pending>& batch) {
    Batch together;
    for (Pending& pending : batch) together.push_back(&pending);
    Batch apart;
    BatchEnd end = run_together(together, apart);
    while (end != BatchEnd::in_doubt && end != BatchEnd::unknown && !apart.empty()) {
        Pending* const next = apart.front();
        apart.erase(apart.begin());
        end = run_alone(*next);
    }
    if (end == BatchEnd::unknown) after_commit_ = std::move(apart);
    return end;
}

// Puts those who have to run alone, in the end, into `apart`.
Writer::BatchEnd Writer::run_together(Batch& batch, Batch& apart) {
    auto care = WriteConnection::Care::among_others;
    for (int run = 1; !batch.empty(); ++run) {
        const BatchEnd end = run_batch(batch, care);
        if (end != BatchEnd::dropped) return end;
        const auto next = connection_->after_drop();
        if (next.again == WriteConnection::AfterDrop::Again::guarded) {
            // As if each were the only one: it can be undone by itself.
            care = WriteConnection::Care::alone;
            continue;
        }
        if (next.culprit) {
            const auto culprit = batch.begin() + static_cast<std::ptrdiff_t>(*next.culprit);
            apart.push_back(*culprit);
            batch.erase(culprit);
        }
        const bool together = next.again == WriteConnection::AfterDrop::Again::together;
        if (together && run < kRunsTogetherMax) continue;
        log_.warning("ledger.batch_dropped", {{"units", static_cast<std::int64_t>(batch.size())}});
        apart.insert(apart.end(), batch.begin(), batch.end());
        batch.clear();
    }
    return BatchEnd::committed;
}

Writer::BatchEnd Writer::run_alone(Pending& pending) {
    for (int run = 1;; ++run) {
        const BatchEnd end = run_batch({&pending}, WriteConnection::Care::alone);
        if (end != BatchEnd::dropped) return end;
        const bool may_help =
            connection_->after_drop().again == WriteConnection::AfterDrop::Again::together;
        if (may_help && run < kRunsAloneMax) continue;
        if (pending.outcome || may_help) {
            pending.outcome = Error(ErrorCode::unavailable, "the ledger gave the work up")
                                  .because("storage_unavailable");
        }
        return BatchEnd::rolled_back;
    }
}

Writer::BatchEnd Writer::run_batch(const Batch& batch, WriteConnection::Care care) {
    if (auto begun = connection_->begin(care); !begun) {
        // It has waited as long as it may: whatever the reason, nothing is written now. A file that
        // another program holds counts as much as a full disk.
        note_error(begun.error());
        for (Pending* pending : batch) pending->outcome = begun.error();
        return BatchEnd::rolled_back;
    }
    if (care == WriteConnection::Care::among_others && connection_->looks_ahead()) {
        Foresight keys;
        for (const Pending* pending : batch) pending->unit->foresee(keys);
        if (auto foreseen = connection_->foresee(keys); !foreseen) {
            if (is_about_the_disk(foreseen.error())) note_error(foreseen.error());
            connection_->roll_back();
            return BatchEnd::dropped;
        }
    }
    for (std::size_t place = 0; place < batch.size(); ++place) {
        Pending& pending = *batch[place];
        pending.outcome = run_unit(*pending.unit, place);
        if (!connection_->in_transaction()) return BatchEnd::dropped;
    }
    return commit_batch(batch);
}

// The unit under its savepoint. When the engine gives the transaction up, whatever is returned here
// does not count: the caller sees in_transaction() and starts again.
Result<Done> Writer::run_unit(Unit& unit, std::size_t place) {
    for (int run = 1;; ++run) {
        if (auto saved = connection_->savepoint(place); !saved) {
            connection_->roll_back();
            return saved;
        }
        auto outcome = unit.run(connection_->books());
        if (outcome) outcome = connection_->release_savepoint();
        if (outcome) return outcome;
        if (is_about_the_disk(outcome.error())) note_error(outcome.error());
        if (!connection_->in_transaction()) return outcome;
        if (auto undone = connection_->undo_to_savepoint(); !undone) {
            // Half a unit must not be committed with the others: the whole batch starts again.
            connection_->roll_back();
            return undone;
        }
        if (run > 1 || outcome.error().code() != ErrorCode::stale_version) return outcome;
    }
}

Writer::BatchEnd Writer::commit_batch(const Batch& batch) {
    std::string reason;
    switch (timed_commit(&reason)) {
        case WriteConnection::Commit::durable:
            if (connection_->has_written()) write_failing_ = false;
            ++commits_;
            return BatchEnd::committed;
        case WriteConnection::Commit::refused: return BatchEnd::dropped;
        case WriteConnection::Commit::rolled_back:
            log_.error("ledger.commit_rolled_back", {{"reason", reason}});
            for (Pending* pending : batch) {
                pending->outcome = Error(ErrorCode::unavailable, "not written: " + reason)
                                       .because("storage_unavailable");
            }
            write_failing_ = true;
            return BatchEnd::rolled_back;
        case WriteConnection::Commit::unknown:
            log_.error("ledger.commit_unknown", {{"reason", reason}});
            write_failing_ = true;
            in_commit_ = batch;
            return BatchEnd::unknown;
        case WriteConnection::Commit::in_doubt:
            log_.error("ledger.commit_in_doubt", {{"reason", reason}});
            in_doubt_ = true;
            return BatchEnd::in_doubt;
    }
    return BatchEnd::in_doubt;
}

void Writer::note_error(const Error& error) {
    if (!write_failing_.exchange(true))
        log_.error("ledger.write_failing", {{"reason", error.message()}});
}

WriteConnection::Commit Writer::timed_commit(std::string* reason) {
    if (clock_ == nullptr) return connection_->commit(reason);
    const auto began = clock_->monotonic();
    const auto end = connection_->commit(reason);
    const auto took = clock_->monotonic() - began;
    commit_us_.note(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    return end;
}

void Writer::finish(std::vector<Pending>& batch) {
    units_ += batch.size();
    units_a_batch_.note(static_cast<std::int64_t>(batch.size()));
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
