#include "tunnel/event_queue.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace tollgate::tunnel {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

namespace {

constexpr std::array kRetryWaits = {milliseconds(1'000),  milliseconds(2'000),
                                    milliseconds(5'000),  milliseconds(10'000),
                                    milliseconds(30'000), milliseconds(60'000)};
constexpr std::size_t kSessionsMax = 100;

bool is_success(int status) {
    return status >= 200 && status < 300;
}

}  // namespace

EventQueue::EventQueue(QueueRules rules) : rules_(rules) {}

milliseconds EventQueue::retry_wait(int attempts_made) {
    const auto step = static_cast<std::size_t>(std::max(attempts_made, 1) - 1);
    return kRetryWaits[std::min(step, kRetryWaits.size() - 1)];
}

// --- what comes in -------------------------------------------------------------------------------

EventQueue::Arrived EventQueue::arrive(Arrival arrival, Moment now) {
    const auto same = by_key_.find(arrival.key.text);
    if (same != by_key_.end()) {
        const auto found = entries_.find(same->second);
        TOLLGATE_CHECK(found != entries_.end());
        // Without the provider's word, two that look alike and are both live may be two.
        if (arrival.key.strong || !found->second.waiting) return arrive_again(found, arrival, now);
    }
    if (bytes_ + arrival.bytes > rules_.kept_bytes_max) return {.kind = Arrived::Kind::full};
    Finished earlier{.id = arrival.id, .round = 0, .sendings = 0};
    const auto finished = finished_.find(arrival.key.text);
    const bool again = arrival.key.strong && finished != finished_.end();
    if (again) earlier = finished->second;

    Entry entry{.key = std::move(arrival.key),
                .place = std::move(arrival.place),
                .bytes = arrival.bytes,
                .first_received_at = now.wall,
                .received_at = now.wall,
                .keep = arrival.keep,
                .round = earlier.round + 1,
                .sendings = earlier.sendings + 1};
    by_key_[entry.key.text] = earlier.id;
    bytes_ += entry.bytes;
    const Arrived arrived{.kind = again ? Arrived::Kind::replaces : Arrived::Kind::fresh,
                          .id = earlier.id,
                          .round = entry.round,
                          .sendings = entry.sendings};
    Entry& put_in = entries_.insert_or_assign(earlier.id, std::move(entry)).first->second;
    listen(put_in, arrival.waiting, now);
    if (put_in.waiting) waiting_.insert(earlier.id);
    return arrived;
}

EventQueue::Arrived EventQueue::arrive_again(Entries::iterator found, const Arrival& arrival,
                                             Moment now) {
    auto& [id, entry] = *found;
    ++entry.sendings;
    const bool on_its_way = entry.state != EventState::kept;
    take_out(id, entry);
    listen(entry, entry.waiting || arrival.waiting, now);
    if (entry.waiting) waiting_.insert(id);
    Arrived arrived{.kind = on_its_way ? Arrived::Kind::joins : Arrived::Kind::replaces,
                    .id = id,
                    .round = entry.round,
                    .sendings = entry.sendings};
    if (on_its_way) {
        put(id, entry, entry.state);
        return arrived;
    }
    entry.stored = true;
    entry.received_at = now.wall;
    entry.not_before = {};  // The provider asks now: no reason to wait out our own ladder.
    bytes_ += arrival.bytes - entry.bytes;
    entry.bytes = arrival.bytes;
    put(id, entry, EventState::arriving);
    return arrived;
}

void EventQueue::listen(Entry& entry, bool waiting, Moment now) const {
    entry.waiting = waiting;
    if (waiting) entry.wait_until = now.since + rules_.answer_wait;
}

void EventQueue::written(std::uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second.state != EventState::arriving) return;
    put(id, found->second, EventState::kept);
}

void EventQueue::not_written(std::uint64_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second.state != EventState::arriving) return;
    set_waiting(id, found->second, false);
    if (found->second.stored) return put(id, found->second, EventState::kept);
    erase(found);
}

void EventQueue::restore(const Restored& restored) {
    Entry entry{.key = restored.key,
                .place = restored.place,
                .bytes = restored.bytes,
                .first_received_at = restored.first_received_at,
                .received_at = restored.first_received_at,
                .stored = true,
                .attempts = restored.attempts,
                .round = restored.round,
                .sendings = restored.sendings};
    bytes_ += entry.bytes;
    by_key_[entry.key.text] = restored.id;
    Entry& put_in = entries_.insert_or_assign(restored.id, std::move(entry)).first->second;
    put(restored.id, put_in, EventState::kept);
}

void EventQueue::restore_finished(const EventKey& key, std::uint64_t id, int round, int sendings) {
    remember_finished(key, {.id = id, .round = round, .sendings = sendings});
}

// --- the indexes ---------------------------------------------------------------------------------

void EventQueue::put(std::uint64_t id, Entry& entry, EventState state) {
    entry.state = state;
    switch (state) {
        case EventState::arriving: return;
        case EventState::kept:
            if (entry.waiting) {
                ready_live_.insert(id);
            } else {
                ready_kept_.emplace(entry.not_before, id);
            }
            return;
        case EventState::handed_out:
        case EventState::in_hand: busy_.insert(id); return;
    }
    TOLLGATE_CHECK(false);
}

void EventQueue::take_out(std::uint64_t id, const Entry& entry) {
    ready_live_.erase(id);
    ready_kept_.erase({entry.not_before, id});
    busy_.erase(id);
}

void EventQueue::set_waiting(std::uint64_t id, Entry& entry, bool waiting) {
    take_out(id, entry);
    entry.waiting = waiting;
    if (!waiting) waiting_.erase(id);
    put(id, entry, entry.state);
}

void EventQueue::erase(Entries::iterator found) {
    auto& [id, entry] = *found;
    take_out(id, entry);
    waiting_.erase(id);
    bytes_ -= entry.bytes;
    const auto key = by_key_.find(entry.key.text);
    if (key != by_key_.end() && key->second == id) by_key_.erase(key);
    entries_.erase(found);
}

void EventQueue::remember_finished(const EventKey& key, Finished finished) {
    if (!key.strong) return;
    if (finished_.insert_or_assign(key.text, finished).second) finished_order_.push_back(key.text);
    if (finished_order_.size() <= kFinishedKeysMax) return;
    finished_.erase(finished_order_.front());
    finished_order_.pop_front();
}

// --- clients -------------------------------------------------------------------------------------

std::vector<std::uint64_t> EventQueue::hear(std::uint64_t session, const Wishes& wishes,
                                            Moment now) {
    if (sessions_.size() > kSessionsMax) {
        std::erase_if(sessions_, [&](const auto& known) {
            return now.since - known.second.heard > rules_.session_silence;
        });
    }
    Session& heard = sessions_[session];
    heard.heard = now.since;
    const std::int64_t rate = std::max<std::uint32_t>(wishes.drain_per_second, 1);
    if (wishes_.drain_per_second != wishes.drain_per_second) drain_.set_rate(rate, 1);
    wishes_ = wishes;
    if (std::exchange(heard.known, true)) return {};
    return drop_unwanted(wishes, now);
}

std::vector<std::uint64_t> EventQueue::drop_unwanted(const Wishes& wishes, Moment now) {
    const Timestamp began{now.wall.ms - wishes.running.count()};
    std::set<std::string> seen;
    std::vector<std::uint64_t> dropped;
    for (auto it = entries_.rbegin(); it != entries_.rend(); ++it) {
        const auto& [id, entry] = *it;
        if (entry.state != EventState::kept || entry.waiting || entry.received_at >= began)
            continue;
        const bool too_old =
            wishes.since > milliseconds(0) && began - entry.received_at > wishes.since;
        const bool passed_over = wishes.only_latest && !seen.insert(entry.place).second;
        if (too_old || passed_over) dropped.push_back(id);
    }
    for (const std::uint64_t id : dropped) erase(entries_.find(id));
    return dropped;
}

bool EventQueue::online(Moment now) const {
    return std::ranges::any_of(sessions_, [&](const auto& session) {
        return now.since - session.second.heard <= rules_.session_silence;
    });
}

std::size_t EventQueue::sessions(Moment now) const {
    return static_cast<std::size_t>(std::ranges::count_if(sessions_, [&](const auto& session) {
        return now.since - session.second.heard <= rules_.session_silence;
    }));
}

bool EventQueue::lively(std::uint64_t session, Moment now) const {
    const auto found = sessions_.find(session);
    return found != sessions_.end() && now.since - found->second.heard <= rules_.hold_lapse;
}

// --- handing out ---------------------------------------------------------------------------------

std::vector<EventQueue::Due> EventQueue::take(std::uint64_t session, std::size_t limit,
                                              Moment now) {
    std::vector<Due> due;
    const auto hand_out = [&](std::uint64_t id, bool kept) {
        Entry& entry = entries_.at(id);
        take_out(id, entry);
        entry.session = session;
        entry.confirmed = now.since;
        ++entry.attempts;
        put(id, entry, EventState::handed_out);
        due.push_back({.id = id,
                       .attempt = entry.attempts,
                       .round = entry.round,
                       .first_received_at = entry.first_received_at,
                       .kept = kept});
    };
    while (due.size() < limit && !ready_live_.empty()) hand_out(*ready_live_.begin(), false);
    while (due.size() < limit && !wishes_.hold && !ready_kept_.empty()) {
        const auto [not_before, id] = *ready_kept_.begin();
        if (not_before > now.since || !drain_.take(now.since)) break;
        hand_out(id, true);
    }
    return due;
}

void EventQueue::confirm(std::uint64_t session, const std::vector<std::uint64_t>& ids, Moment now) {
    for (const std::uint64_t id : ids) {
        const auto found = entries_.find(id);
        if (found == entries_.end() || !busy_.contains(id)) continue;
        if (found->second.session != session) continue;
        found->second.confirmed = now.since;
        found->second.state = EventState::in_hand;
    }
}

EventQueue::Answered EventQueue::answer(const AppAnswer& answer, Moment now) {
    const auto found = entries_.find(answer.id);
    // One of an earlier round has been given to whoever listened then.
    if (found == entries_.end() || found->second.round != answer.round) return {};
    Entry& entry = found->second;
    Answered answered{.known = true, .was_waiting = entry.waiting, .sendings = entry.sendings};
    const bool has_answer = answer.failure == AppFailure::none;
    const bool unsettled = rules_.owned && !entry.waiting && !is_success(answer.status);
    if (entry.keep && (!has_answer || unsettled)) {
        take_out(answer.id, entry);
        waiting_.erase(answer.id);
        entry.waiting = false;
        entry.not_before = now.since + retry_wait(entry.attempts);
        if (has_answer) ++entry.round;  // It is to say it anew, not to repeat itself.
        if (entry.state != EventState::arriving) put(answer.id, entry, EventState::kept);
        return answered;
    }
    answered.finished = true;
    remember_finished(entry.key,
                      {.id = answer.id, .round = entry.round, .sendings = entry.sendings});
    erase(found);
    return answered;
}

// --- time ----------------------------------------------------------------------------------------

EventQueue::Ticked EventQueue::tick(Moment now) {
    Ticked ticked;
    for (const std::uint64_t id : std::vector<std::uint64_t>(busy_.begin(), busy_.end())) {
        Entry& entry = entries_.at(id);
        if (now.since - entry.confirmed <= rules_.hold_lapse) continue;
        ++ticked.put_back;
        take_out(id, entry);
        put(id, entry, EventState::kept);
        if (entry.keep || entry.waiting) continue;
        ticked.dropped.push_back(id);
        erase(entries_.find(id));
    }
    const bool anybody = online(now);
    for (const std::uint64_t id : std::vector<std::uint64_t>(waiting_.begin(), waiting_.end())) {
        const auto found = entries_.find(id);
        Entry& entry = found->second;
        if (entry.state == EventState::arriving) continue;  // The store will say.
        const bool in_nobodys_hands = entry.state == EventState::kept;
        if (now.since < entry.wait_until && (anybody || !in_nobodys_hands)) continue;
        (in_nobodys_hands && !anybody ? ticked.offline : ticked.slow).push_back(id);
        set_waiting(id, entry, false);
        if (entry.keep || !in_nobodys_hands) continue;
        ticked.dropped.push_back(id);
        erase(found);
    }
    while (!entries_.empty()) {
        const auto oldest = entries_.begin();
        const bool old = now.wall - oldest->second.first_received_at > rules_.kept_for;
        if (!old || oldest->second.state != EventState::kept || oldest->second.waiting) break;
        ticked.dropped.push_back(oldest->first);
        erase(oldest);
    }
    return ticked;
}

std::vector<std::uint64_t> EventQueue::hush() {
    const std::vector<std::uint64_t> listened(waiting_.begin(), waiting_.end());
    for (const std::uint64_t id : listened) set_waiting(id, entries_.at(id), false);
    return listened;
}

nanoseconds EventQueue::next_due(Moment now, bool polled) const {
    constexpr milliseconds kLook{100};
    nanoseconds next = now.since + kLook;
    if (polled && !wishes_.hold && !ready_kept_.empty()) {
        next = std::min(next, std::max(drain_.next_at(), ready_kept_.begin()->first));
    }
    for (const std::uint64_t id : waiting_) next = std::min(next, entries_.at(id).wait_until);
    return std::max(next, now.since);
}

std::optional<EventState> EventQueue::state_of(std::uint64_t id) const {
    const auto found = entries_.find(id);
    if (found == entries_.end()) return std::nullopt;
    return found->second.state;
}

std::optional<Timestamp> EventQueue::oldest() const {
    if (entries_.empty()) return std::nullopt;
    return entries_.begin()->second.first_received_at;  // Ids grow with time.
}

bool EventQueue::waits(std::uint64_t id) const {
    return waiting_.contains(id);
}

}  // namespace tollgate::tunnel
