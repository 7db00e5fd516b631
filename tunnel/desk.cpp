// The side of the provider: what comes in, and what it is told.
#include "tunnel/desk.h"

#include <algorithm>
#include <utility>

#include "tunnel/event_key.h"

namespace tollgate::tunnel {
namespace {

constexpr std::uint64_t kIdsAMillisecond = 1024;
constexpr int kForgottenAtOnceMax = 2'000;

// Of what may be kept, the part that is left free for what comes between two steps of forgetting.
std::int64_t reserve_of(const config::TunnelDoor& door) {
    return door.kept_bytes_max / 8;
}

QueueRules rules_of(const config::TunnelDoor& door) {
    return {.answer_wait = door.answer_wait,
            .kept_for = std::chrono::hours(24 * door.kept_days),
            .kept_bytes_max = door.kept_bytes_max,
            .owned = door.fallback.accept};
}

void answer_all(std::vector<transport::Ticket> tickets, const transport::ServerResponse& response) {
    for (transport::Ticket& ticket : tickets) ticket.complete(response);
}

}  // namespace

std::uint64_t EventIds::next(Timestamp now) {
    const auto by_time = static_cast<std::uint64_t>(now.ms) * kIdsAMillisecond;
    std::uint64_t last = last_.load();
    std::uint64_t id = 0;
    do {
        id = std::max(last + 1, by_time);
    } while (!last_.compare_exchange_weak(last, id));
    return id;
}

Desk::Desk(config::TunnelDoor door, Seams seams)
    : door_(std::move(door)),
      seams_(std::move(seams)),
      queue_(rules_of(door_)),
      rate_(door_.requests_per_second, door_.burst) {}

Moment Desk::now() const {
    return {.wall = seams_.clock.now(), .since = seams_.clock.monotonic()};
}

void Desk::restore(const RelayStore::Waiting& waiting) {
    const std::lock_guard lock(mutex_);
    queue_.restore(waiting.restored);
}

void Desk::restore_finished(const RelayStore::FinishedKey& finished) {
    const std::lock_guard lock(mutex_);
    queue_.restore_finished(finished.key, finished.id, finished.round, finished.sendings);
}

void Desk::take_in(Callback callback, transport::Ticket ticket) {
    const Moment at = now();
    const bool keep = is_kept(callback.method);
    EventKey key = key_of(callback);
    callback.received_at = at.wall;
    callback.id = seams_.ids.next(at.wall);

    std::unique_lock lock(mutex_);
    ++counters_.received;
    const auto refuse = [&](NoAnswer why, std::uint64_t& counter) {
        ++counter;
        lock.unlock();
        ticket.complete(answer_for(why, door_, false));
    };
    if (callback.body.size() > static_cast<std::size_t>(door_.body_bytes_max)) {
        return refuse(NoAnswer::too_large, counters_.refused_large);
    }
    if (!rate_.take(at.since)) return refuse(NoAnswer::too_many, counters_.refused_many);
    if (stopped_) return refuse(NoAnswer::stopping, counters_.told_offline);
    if (!keep && !queue_.online(at)) return refuse(NoAnswer::offline, counters_.told_offline);

    const auto arrived = queue_.arrive({.id = callback.id,
                                        .key = key,
                                        .place = place_of(callback),
                                        .bytes = bytes_of(callback),
                                        .keep = keep},
                                       at);
    if (arrived.kind == EventQueue::Arrived::Kind::full) {
        return refuse(NoAnswer::full, counters_.refused_full);
    }
    if (arrived.sendings > 1) ++counters_.resent;
    if (arrived.kind == EventQueue::Arrived::Kind::replaces) ++counters_.superseded;
    Listening& listening = listening_[arrived.id];
    listening.tickets.push_back(std::move(ticket));
    if (arrived.kind == EventQueue::Arrived::Kind::joins) return;

    callback.id = arrived.id;
    listening.callback = std::make_shared<const Callback>(std::move(callback));
    const bool at_once = !seams_.durable || !keep;
    StoredEvent event{.callback = listening.callback,
                      .tunnel = door_.name,
                      .key = std::move(key),
                      .sendings = arrived.sendings,
                      .round = arrived.round,
                      .keep = keep,
                      .replay_of = {}};
    lock.unlock();
    store_event(std::move(event), arrived.kind);
    if (!at_once) return;
    on_stored(arrived.id, Done{});
    hand_out_stored();
}

void Desk::store_event(StoredEvent event, EventQueue::Arrived::Kind kind) {
    const std::uint64_t id = event.callback->id;
    const std::int64_t bytes = bytes_of(*event.callback);
    const bool told_already = !seams_.durable || !event.keep;
    seams_.writer.submit(
        [event = std::move(event), kind](RelayStore& store) {
            return kind == EventQueue::Arrived::Kind::fresh ? store.add(event)
                                                            : store.replace(event);
        },
        [this, id, told_already](const Result<Done>& stored) {
            if (!told_already) on_stored(id, stored);
        });
    note_came(bytes);
}

// The timer alone would let a flood that the app answers grow without a bound between two rounds.
void Desk::note_came(std::int64_t bytes) {
    bool reserve_is_half_taken = false;
    {
        const std::lock_guard lock(mutex_);
        came_bytes_ += bytes;
        reserve_is_half_taken = came_bytes_ * 2 > reserve_of(door_);
    }
    if (reserve_is_half_taken) forget();
}

void Desk::on_stored(std::uint64_t id, const Result<Done>& stored) {
    std::vector<Reply> replies;
    std::vector<std::uint64_t> dropped;
    {
        const std::lock_guard lock(mutex_);
        const Moment at = now();
        has_stored_ = true;
        if (stored) {
            queue_.written(id);
            if (!queue_.online(at)) tick_locked(at, replies, dropped);
        } else {
            queue_.not_written(id);
            ++counters_.refused_full;
            replies.push_back({.tickets = take_tickets(id),
                               .response = answer_for(NoAnswer::not_stored, door_, false)});
        }
    }
    give(std::move(replies));
    store_dropped(std::move(dropped));
}

void Desk::hand_out_stored() {
    std::vector<HandingOver> handing_over;
    {
        const std::lock_guard lock(mutex_);
        if (!std::exchange(has_stored_, false)) return;
        handing_over = match_polls(now());
    }
    hand_over(std::move(handing_over));
    seams_.on_change();
}

Result<std::uint64_t> Desk::replay(Callback callback, std::uint64_t of) {
    const Moment at = now();
    callback.received_at = at.wall;
    callback.id = seams_.ids.next(at.wall);
    const std::uint64_t id = callback.id;
    const EventKey key{.text = "replay " + std::to_string(id), .strong = false};
    StoredEvent event{.callback = nullptr, .tunnel = door_.name, .key = key, .replay_of = of};
    {
        const std::lock_guard lock(mutex_);
        // As if somebody listened: a person waits for it, so it goes before what is only kept.
        const auto arrived = queue_.arrive(
            {.id = id, .key = key, .place = place_of(callback), .bytes = bytes_of(callback)}, at);
        if (arrived.kind == EventQueue::Arrived::Kind::full) {
            return Error(ErrorCode::unavailable, "the tunnel keeps as much as it may");
        }
        event.callback = std::make_shared<const Callback>(std::move(callback));
        listening_[id].callback = event.callback;
    }
    store_event(event, EventQueue::Arrived::Kind::fresh);
    if (seams_.durable) return id;
    on_stored(id, Done{});
    hand_out_stored();
    return id;
}

std::vector<transport::Ticket> Desk::take_tickets(std::uint64_t id) {
    const auto found = listening_.find(id);
    if (found == listening_.end()) return {};
    auto tickets = std::move(found->second.tickets);
    listening_.erase(found);
    return tickets;
}

void Desk::give(std::vector<Reply> replies) {
    for (Reply& reply : replies) answer_all(std::move(reply.tickets), reply.response);
}

void Desk::tick_locked(Moment at, std::vector<Reply>& replies,
                       std::vector<std::uint64_t>& dropped) {
    EventQueue::Ticked ticked = queue_.tick(at);
    counters_.put_back += ticked.put_back;
    counters_.dropped += ticked.dropped.size();
    const auto tell = [&](const std::vector<std::uint64_t>& ids, NoAnswer why) {
        for (const std::uint64_t id : ids) {
            const bool kept = queue_.state_of(id).has_value();
            if (kept) ++counters_.kept_ever;
            replies.push_back(
                {.tickets = take_tickets(id), .response = answer_for(why, door_, kept)});
        }
    };
    counters_.told_offline += ticked.offline.size();
    counters_.told_slow += ticked.slow.size();
    tell(ticked.offline, NoAnswer::offline);
    tell(ticked.slow, NoAnswer::slow);
    for (const std::uint64_t id : ticked.dropped) listening_.erase(id);
    dropped.insert(dropped.end(), ticked.dropped.begin(), ticked.dropped.end());
}

void Desk::store_dropped(std::vector<std::uint64_t> ids) {
    if (ids.empty()) return;
    seams_.log.info("tunnel.dropped",
                    {{"tunnel", door_.name}, {"callbacks", static_cast<std::int64_t>(ids.size())}});
    seams_.writer.submit([ids = std::move(ids)](RelayStore& store) { return store.drop(ids); },
                         [](const Result<Done>& /*the_writer_logs*/) {});
    seams_.on_change();
}

void Desk::forget() {
    std::int64_t taken = reserve_of(door_);
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(forgetting_, true)) return;
        came_bytes_ = 0;
        taken += queue_.bytes();
    }
    const Timestamp oldest{
        seams_.clock.now().ms -
        std::chrono::milliseconds(std::chrono::hours(24 * door_.kept_days)).count()};
    const std::int64_t room = std::max<std::int64_t>(door_.kept_bytes_max - taken, 0);
    const auto gone = std::make_shared<std::int64_t>(0);
    seams_.writer.submit(
        [name = door_.name, oldest, room, gone](RelayStore& store) -> Result<Done> {
            TOLLGATE_TRY(*gone, store.forget(name, oldest, room, kForgottenAtOnceMax));
            return Done{};
        },
        [this, gone](const Result<Done>& done) {
            on_forgotten(done && *gone == kForgottenAtOnceMax);
        });
}

void Desk::on_forgotten(bool is_more) {
    {
        const std::lock_guard lock(mutex_);
        forgetting_ = false;
    }
    if (is_more) return forget();
    note_came(0);  // Much may have come while this step was in line.
}

TunnelCounters Desk::counters() {
    const std::lock_guard lock(mutex_);
    TunnelCounters counters = counters_;
    const Moment at = now();
    counters.kept = queue_.kept();
    counters.depth = queue_.depth();
    counters.bytes = queue_.bytes();
    if (const auto oldest = queue_.oldest()) counters.oldest_age = at.wall - *oldest;
    counters.sessions = queue_.sessions(at);
    counters.online = counters.sessions > 0;
    return counters;
}

}  // namespace tollgate::tunnel
