#include "gateway/long_polls.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gateway/answers.h"
#include "gateway/event_json.h"
#include "gateway/problem.h"

namespace tollgate::gateway {
namespace {

std::string page_json(const std::vector<std::string>& events, std::int64_t next_after, bool more) {
    std::string json = R"({"events":[)";
    for (std::size_t i = 0; i < events.size(); ++i) json += (i == 0 ? "" : ",") + events[i];
    return json + R"(],"next_after":)" + std::to_string(next_after) + R"(,"more":)" +
           (more ? "true}" : "false}");
}

}  // namespace

Result<EventsAnswer> answer_events(ledger::Reading& reading, const ledger::EventQuery& query) {
    ledger::EventQuery one_more = query;
    ++one_more.limit;
    TOLLGATE_TRY(const auto found, reading.outbox().events(one_more));
    std::vector<std::string> events;
    std::int64_t next_after = query.after;
    for (const auto& event : found) {
        if (std::cmp_equal(events.size(), query.limit)) break;
        events.push_back(event_json(event));
        next_after = event.publication.value_or(next_after);
    }
    return EventsAnswer{.empty = events.empty(),
                        .json = page_json(events, next_after, found.size() > events.size())};
}

void LongPolls::wait(Waiter waiter) {
    const std::uint64_t seen = waiter.seen;
    {
        const std::lock_guard lock(mutex_);
        if (stopped_) return answer_nothing(waiter);
        if (is_full_for(waiter.caller)) {
            return waiter.ticket.complete(
                to_response(ApiProblem{.status = 503,
                                       .code = "overloaded",
                                       .title = "Too many wait for events; ask again in a while",
                                       .retry_after_seconds = 5}));
        }
        ++waiting_;
        ++waiting_of_[waiter.caller];
        log_.debug("events.waiting", {{"request_id", waiter.request_id}});
        waiters_.push_back(std::move(waiter));
    }
    // Published since it was read: published() may not have known of it.
    if (publishings_ != seen) wake_();
}

bool LongPolls::is_full_for(const std::string& caller) const {
    if (waiting_ >= kWaitingMax) return true;
    const auto own = waiting_of_.find(caller);
    return own != waiting_of_.end() && own->second >= kWaitingMaxOfCaller;
}

void LongPolls::published() {
    ++publishings_;
    if (waiting_ > 0) wake_();
}

std::vector<LongPolls::Waiter> LongPolls::take(bool all) {
    const auto now = clock_.monotonic();
    const std::uint64_t publishings = publishings_;
    std::vector<Waiter> taken;
    std::vector<Waiter> left;
    const std::lock_guard lock(mutex_);
    for (Waiter& waiter : waiters_) {
        const bool due = all || waiter.seen != publishings || waiter.until <= now;
        (due ? taken : left).push_back(std::move(waiter));
    }
    waiters_ = std::move(left);
    return taken;
}

void LongPolls::put_back(std::vector<Waiter> waiters) {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
        for (Waiter& waiter : waiters) answer_nothing(waiter);
        return;
    }
    std::ranges::move(waiters, std::back_inserter(waiters_));
}

void LongPolls::run_once() {
    if (waiting_ == 0) return;
    // Before anything is read: what is published from here on is looked at again.
    const std::uint64_t publishings = publishings_;
    auto waiters = take(false);
    if (waiters.empty()) return;
    look(waiters, publishings);
    put_back(std::move(waiters));
}

// What it has looked at once it does not look at again: its cursor may be a long way back.
Result<EventsAnswer> LongPolls::look_for(Waiter& waiter, ledger::Reading& reading,
                                         std::int64_t published_to) const {
    ledger::EventQuery query = waiter.query;
    query.after = std::max(query.after, waiter.looked_to);
    TOLLGATE_TRY(auto answer, answer_events(reading, query));
    if (!answer.empty) return answer;
    waiter.looked_to = published_to;
    return EventsAnswer{.json = page_json({}, waiter.query.after, false)};
}

// Leaves those in `waiters` that go on waiting.
void LongPolls::look(std::vector<Waiter>& waiters, std::uint64_t publishings) {
    const auto now = clock_.monotonic();
    const auto reading = store_.read();
    // Before the events: what is published from here on is looked at again.
    const auto published_to =
        reading ? (**reading).outbox().published_to() : Result<std::int64_t>(reading.error());
    std::vector<Waiter> left;
    for (Waiter& waiter : waiters) {
        const auto answer = published_to ? look_for(waiter, **reading, *published_to)
                                         : Result<EventsAnswer>(published_to.error());
        if (answer && answer->empty && waiter.until > now) {
            waiter.seen = publishings;
            left.push_back(std::move(waiter));
            continue;
        }
        leave(waiter);
        if (answer) {
            waiter.ticket.complete(json_response(200, answer->json));
        } else {
            log_.error("api.failed",
                       {{"request_id", waiter.request_id}, {"reason", answer.error().message()}});
            waiter.ticket.complete(to_response(storage_problem(answer.error())));
        }
    }
    waiters = std::move(left);
}

void LongPolls::leave(const Waiter& waiter) {
    --waiting_;
    const std::lock_guard lock(mutex_);
    const auto own = waiting_of_.find(waiter.caller);
    if (--own->second == 0) waiting_of_.erase(own);
}

void LongPolls::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    auto waiters = take(true);
    for (Waiter& waiter : waiters) answer_nothing(waiter);
}

void LongPolls::answer_nothing(Waiter& waiter) {
    waiter.ticket.complete(json_response(200, page_json({}, waiter.query.after, false)));
}

}  // namespace tollgate::gateway
