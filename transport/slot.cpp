#include "transport/slot.h"

#include <utility>

#include <sys/epoll.h>

#include "base/check.h"

namespace tollgate::transport {

namespace {

// Nothing is lost when the connection ends here.
bool before_a_request(Waiting waiting) {
    return waiting == Waiting::idle || waiting == Waiting::handshake;
}

}  // namespace

void Slot::open(std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_CHECK(phase_ == Phase::free);
    phase_ = Phase::working;
    watched_ = 0;
    stirred_ = false;
    connection_ = std::move(connection);
}

// The kernel looks at once, and tells what there is already, even if it has told so before.
void Slot::watch_locked(std::uint32_t events) {
    epoll_event event{};
    event.events = events | EPOLLET;
    event.data.u64 = index_;
    const int change = watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    watched_ = events;
    stirred_ = false;
    // Fails only for descriptors that are not ours, or without memory for an entry: either way
    // nobody would ever serve this connection again.
    const int failed = ::epoll_ctl(epoll_, change, connection_->stream.socket(), &event);
    TOLLGATE_CHECK(failed == 0);
}

bool Slot::arm(Wait wait, const std::atomic<bool>& draining) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_CHECK(phase_ == Phase::working);
    // Under the lock: either stop() sees this slot idle, or we see its flag.
    if (before_a_request(wait.waiting) && draining.load()) return false;
    waiting_ = wait.waiting;
    deadline_ns_.store(wait.deadline.count(), std::memory_order_relaxed);
    phase_ = Phase::armed;
    // Never both: unread bytes would tell again and again of a connection that waits for room.
    const std::uint32_t events =
        wait.readiness == Readiness::output ? EPOLLOUT : EPOLLIN | EPOLLRDHUP;
    if (!wait.drained || stirred_ || watched_ != events) watch_locked(events);
    return true;
}

std::uint64_t Slot::open_ticket(TicketTimes times) {
    const std::lock_guard lock(mutex_);
    TOLLGATE_CHECK(phase_ == Phase::working && ticket_ == 0);
    answer_.reset();
    send_by_ = times.send_by;
    deadline_ns_.store(times.answer_by.count(), std::memory_order_relaxed);
    // A number is never used twice, so an old ticket cannot answer a new request.
    ticket_ = (++generation_ << kSlotIndexBits) | index_;
    return ticket_;
}

std::optional<ServerResponse> Slot::answer_or_suspend() {
    const std::lock_guard lock(mutex_);
    if (answer_) return std::exchange(answer_, std::nullopt);
    phase_ = Phase::suspended;
    return std::nullopt;
}

Slot::Revoked Slot::revoke_ticket() {
    const std::lock_guard lock(mutex_);
    deadline_ns_.store(0, std::memory_order_relaxed);
    return {.was_open = std::exchange(ticket_, 0) != 0,
            .answer = std::exchange(answer_, std::nullopt)};
}

void Slot::put_answer(ServerResponse response) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(response);
}

std::optional<ServerResponse> Slot::take_answer() {
    const std::lock_guard lock(mutex_);
    return std::exchange(answer_, std::nullopt);
}

std::unique_ptr<Connection> Slot::close() {
    const std::lock_guard lock(mutex_);
    TOLLGATE_CHECK(phase_ == Phase::working && ticket_ == 0);
    phase_ = Phase::free;
    deadline_ns_.store(0, std::memory_order_relaxed);
    answer_.reset();
    return std::move(connection_);
}

// The phase decides, not the event: an event that was fetched before the deadline took the
// connection, or that belongs to an earlier one in this slot, finds nothing to claim or claims
// something that is not ready, and both are harmless.
std::optional<Waiting> Slot::claim(Sign sign) {
    const std::lock_guard lock(mutex_);
    const bool is_armed = phase_ == Phase::armed;
    // The owner will not read, or not as far as the end.
    const bool goes_unread = !is_armed || waiting_ == Waiting::send || sign == Sign::end;
    if (sign != Sign::none && goes_unread) stirred_ = true;
    if (!is_armed) return std::nullopt;
    phase_ = Phase::working;
    deadline_ns_.store(0, std::memory_order_relaxed);
    return waiting_;
}

Slot::Settled Slot::answer_locked(ServerResponse response) {
    ticket_ = 0;
    answer_ = std::move(response);
    deadline_ns_.store(0, std::memory_order_relaxed);
    if (phase_ != Phase::suspended) return Settled::looked_for;
    // A loop sends: this thread runs no socket code, and the kernel is not asked whether there is
    // room, as there nearly always is.
    phase_ = Phase::armed;
    waiting_ = Waiting::send;
    deadline_ns_.store(send_by_.count(), std::memory_order_relaxed);
    return Settled::to_send;
}

Slot::Settled Slot::settle(std::uint64_t ticket, ServerResponse response) {
    const std::lock_guard lock(mutex_);
    if (ticket == 0 || ticket_ != ticket) return Settled::too_late;
    return answer_locked(std::move(response));
}

Slot::Expired Slot::expire(std::chrono::nanoseconds now) {
    const auto over = [this, now] {
        const std::int64_t deadline = deadline_ns_.load(std::memory_order_relaxed);
        return deadline != 0 && deadline <= now.count();
    };
    if (!over()) return {};
    const std::lock_guard lock(mutex_);
    if (!over()) return {};
    if (ticket_ != 0) {
        const Settled settled = answer_locked(ServerResponse{.status = 503});
        return {.ticket_answered = true,
                .to_send = settled == Settled::to_send,
                .claimed = std::nullopt};
    }
    if (phase_ != Phase::armed) return {};
    phase_ = Phase::working;
    deadline_ns_.store(0, std::memory_order_relaxed);
    return {.claimed = waiting_};
}

void Slot::hurry_if_idle() {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::armed || !before_a_request(waiting_)) return;
    deadline_ns_.store(1, std::memory_order_relaxed);
}

Slot::Cut Slot::cut() {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::armed && phase_ != Phase::suspended) return {};
    phase_ = Phase::working;
    deadline_ns_.store(0, std::memory_order_relaxed);
    return {.claimed = true, .ticket_dropped = std::exchange(ticket_, 0) != 0};
}

}  // namespace tollgate::transport
