#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/store.h"
#include "transport/ticket.h"

namespace tollgate::gateway {

// {"events":[…],"next_after":…,"more":…} for at most query.limit events. Without any, next_after is
// query.after: a cursor never goes past what its reader has seen. Errors: those of Reading.
struct EventsAnswer {
    bool empty = true;
    std::string json;
};
Result<EventsAnswer> answer_events(ledger::Reading& reading, const ledger::EventQuery& query);

// Readers of the events' cursor who wait for news. No thread waits with them: each holds a ticket,
// which is answered when something is published that fits, or when its time is over.
class LongPolls {
public:
    static constexpr std::size_t kWaitingMax = 1'000;
    static constexpr std::size_t kWaitingMaxOfCaller = kWaitingMax / 4;

    // All must outlive it. `wake` makes the thread that calls run_once() call it soon; it is called
    // from any thread.
    LongPolls(ledger::Store& store, Clock& clock, Log& log, std::function<void()> wake)
        : store_(store), clock_(clock), log_(log), wake_(std::move(wake)) {}

    // How often something was published. Ask before reading: what is published in between is then
    // not missed.
    std::uint64_t publishings() const { return publishings_; }

    struct Waiter {
        ledger::EventQuery query;
        std::string caller;
        std::string request_id;
        std::chrono::nanoseconds until{};  // Monotonic.
        std::uint64_t seen = 0;            // publishings() before it was read.
        transport::Ticket ticket;
        std::int64_t looked_to = 0;  // Up to this number there is nothing for it.
    };
    // From any thread. Beyond kWaitingMax, or a caller's own share of it, the ticket is answered
    // 503 at once.
    void wait(Waiter waiter);

    // Something was published. From any thread; never waits.
    void published();

    // Answers those for whom there is news, or whose time is over. One thread.
    void run_once();

    // Answers all that wait, now and from now on. From any thread.
    void stop();

private:
    bool is_full_for(const std::string& caller) const;
    void look(std::vector<Waiter>& waiters, std::uint64_t publishings);
    Result<EventsAnswer> look_for(Waiter& waiter, ledger::Reading& reading,
                                  std::int64_t published_to) const;
    std::vector<Waiter> take(bool all);
    void put_back(std::vector<Waiter> waiters);
    void leave(const Waiter& waiter);
    void answer_nothing(Waiter& waiter);

    ledger::Store& store_;
    Clock& clock_;
    Log& log_;
    const std::function<void()> wake_;
    std::atomic<std::uint64_t> publishings_ = 0;
    std::atomic<std::size_t> waiting_ = 0;  // Those that run_once() looks at included.

    std::mutex mutex_;
    std::vector<Waiter> waiters_;
    std::map<std::string, std::size_t> waiting_of_;  // By caller.
    bool stopped_ = false;
};

}  // namespace tollgate::gateway
