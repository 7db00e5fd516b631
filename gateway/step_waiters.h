#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/payment.h"

namespace tollgate::gateway {

// Who waits for what becomes of a refund or a pre-authorisation, and which of them are in our own
// hands. Several processes may share the ledger, and any of them may take the step that is waited
// for: what is not in our hands is looked at, and told as it stands once nobody is at it.
// Use under the owner's mutex.
template <typename Row>
class StepWaiters {
public:
    using Waiter = std::function<void(const Result<Row>&)>;

    void add(ledger::RowId row, Waiter waiter) { waiters_.emplace(row, std::move(waiter)); }

    // A call of ours for it is under way, until ended().
    void began(ledger::RowId row) { ours_.insert(row); }
    void ended(ledger::RowId row) { ours_.erase(row); }

    // Some that are waited for and not in our hands; with each call those after the last ones.
    std::vector<ledger::RowId> elsewhere() {
        std::vector<ledger::RowId> rows;
        auto next = waiters_.upper_bound(looked_to_);
        for (std::size_t seen = 0; seen < waiters_.size() && rows.size() < kLookedAtMax;) {
            if (next == waiters_.end()) next = waiters_.begin();
            const ledger::RowId row = next->first;
            if (!ours_.contains(row)) rows.push_back(row);
            looked_to_ = row;
            seen += waiters_.count(row);
            next = waiters_.upper_bound(row);
        }
        return rows;
    }

    // Those of this row; call them without the mutex.
    std::vector<Waiter> take(ledger::RowId row) {
        std::vector<Waiter> waiters;
        const auto [first, last] = waiters_.equal_range(row);
        for (auto it = first; it != last; ++it) waiters.push_back(std::move(it->second));
        waiters_.erase(first, last);
        return waiters;
    }

private:
    static constexpr std::size_t kLookedAtMax = 64;

    std::multimap<ledger::RowId, Waiter> waiters_;
    std::set<ledger::RowId> ours_;
    ledger::RowId looked_to_ = 0;
};

// Of these rows, those that nobody is at and that are not due: whatever had to be done now is done.
template <typename Row, typename Reading>
Result<std::vector<Row>> at_rest(Reading& reading, const std::vector<ledger::RowId>& rows,
                                 Timestamp now) {
    if (rows.empty()) return std::vector<Row>();
    TOLLGATE_TRY(auto found, reading.as_they_stand(rows));
    std::erase_if(found, [now](const Row& row) {
        const bool is_leased = row.calling_until && *row.calling_until > now;
        const bool is_due = row.next_sweep_at && *row.next_sweep_at <= now;
        return is_leased || is_due;
    });
    return found;
}

}  // namespace tollgate::gateway
