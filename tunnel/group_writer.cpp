#include "tunnel/group_writer.h"

#include <algorithm>
#include <utility>

namespace tollgate::tunnel {

void GroupWriter::submit(Work work, Told told) {
    enqueue({.work = std::move(work), .told = std::move(told)});
}

void GroupWriter::submit_unhurried(Work work, Told told) {
    enqueue({.work = std::move(work), .told = std::move(told), .hurried = false});
}

void GroupWriter::enqueue(Pending pending) {
    std::string_view why = "the relay is stopping";
    {
        const std::lock_guard lock(mutex_);
        if (!closed_ && queue_.size() < kQueueMax) {
            if (pending.hurried) ++hurried_;
            const bool news = queue_.empty() || (pending.hurried && hurried_ == 1);
            queue_.push_back(std::move(pending));
            if (news) arrived_.notify_one();
            return;
        }
        if (!closed_) why = "too much waits to be written";
    }
    pending.told(Error(ErrorCode::unavailable, std::string(why)).because("overloaded"));
}

bool GroupWriter::wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, patience, [this] { return !queue_.empty() || woken_; });
    if (!queue_.empty()) {
        arrived_.wait_for(lock, kUnhurried, [this] { return hurried_ > 0 || woken_; });
    }
    woken_ = false;
    return !queue_.empty();
}

void GroupWriter::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    arrived_.notify_one();
}

void GroupWriter::close() {
    std::vector<Pending> left;
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        left.swap(queue_);
        hurried_ = 0;
    }
    for (Pending& pending : left) {
        pending.told(Error(ErrorCode::unavailable, "the relay is stopping").because("stopping"));
    }
}

// All of them in one transaction, or none.
Result<Done> GroupWriter::run_batch(Pending* first, std::size_t count, bool& in_doubt) {
    TOLLGATE_DO(store_.begin());
    for (std::size_t i = 0; i < count; ++i) {
        auto done = first[i].work(store_);
        if (done) continue;
        store_.roll_back();
        return done;
    }
    auto committed = store_.commit();
    if (committed) {
        ++commits_;
        return committed;
    }
    // Busy and full are found before the page that makes the transaction count is written.
    const std::string& reason = committed.error().reason();
    in_doubt = reason != "storage_busy" && reason != "disk_full";
    if (!in_doubt) store_.roll_back();
    return committed;
}

Result<std::size_t> GroupWriter::run_once() {
    std::vector<Pending> batch;
    {
        const std::lock_guard lock(mutex_);
        const std::size_t size = std::min(queue_.size(), kBatchMax);
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(size);
        std::move(queue_.begin(), end, std::back_inserter(batch));
        queue_.erase(queue_.begin(), end);
        hurried_ -= static_cast<std::size_t>(std::ranges::count_if(batch, &Pending::hurried));
    }
    if (batch.empty()) return std::size_t{0};
    bool in_doubt = false;
    auto done = run_batch(batch.data(), batch.size(), in_doubt);
    const bool alone = !done && !in_doubt && batch.size() > 1;
    for (std::size_t i = 0; i < batch.size() && !in_doubt; ++i) {
        batch[i].outcome = alone ? run_batch(&batch[i], 1, in_doubt) : done;
    }
    if (in_doubt) {
        log_.error("tunnel.commit_in_doubt");
        abandoned_ = std::move(batch);
        return Error(ErrorCode::data_corruption,
                     "a COMMIT failed and may or may not be on the disk; this process must stop")
            .because("commit_in_doubt");
    }
    writes_ += batch.size();
    const auto failed = std::ranges::find_if(batch, [](auto& one) { return !one.outcome; });
    failing_ = failed != batch.end();
    if (failing_) log_.error("tunnel.not_written", {{"reason", failed->outcome.error().message()}});
    for (Pending& pending : batch) pending.told(pending.outcome);
    if (on_told_) on_told_();
    return batch.size();
}

GroupWriter::Health GroupWriter::health() const {
    const std::lock_guard lock(mutex_);
    return {.failing = failing_, .waiting = queue_.size(), .commits = commits_, .writes = writes_};
}

}  // namespace tollgate::tunnel
