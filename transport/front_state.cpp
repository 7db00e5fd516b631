#include "transport/front_state.h"

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/check.h"
#include "transport/listening.h"

namespace tollgate::transport {
namespace {

// Between two looks at other work; a burst is shared by the threads.
constexpr int kAcceptBatch = 64;

// Requires the listener's mutex. ONESHOT: one thread accepts at a time.
void arm_listener(FrontState& front, ListenerState& listener) {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u64 = listener.event_key;
    const int failed =
        ::epoll_ctl(front.slots->epoll(), EPOLL_CTL_MOD, listener.socket.get(), &event);
    TOLLGATE_CHECK(failed == 0);
}

void adopt(FrontState& front, ListenerState& listener, Descriptor socket, std::string peer) {
    const int yes = 1;
    // An answer leaves in one piece; waiting for more to send would only delay it.
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    Slot* const slot = front.slots->take_free();
    if (slot == nullptr) return;
    const FrontLimits& limits = listener.settings.limits;
    slot->open(
        std::make_unique<Connection>(std::move(socket), listener,
                                     Frame::Limits{.head_bytes_max = limits.head_bytes_max,
                                                   .body_bytes_max = limits.body_bytes_max,
                                                   .body_limit = &listener.settings.body_limit},
                                     std::move(peer)));
    // Who connects and says nothing gets no longer than who says it slowly. Fixed before anybody
    // can see the connection in the counters.
    const auto deadline = front.seams.clock.monotonic() + limits.request_time;
    slot->connection().handshake_deadline = deadline;
    listener.connections.fetch_add(1);
    front.connections.fetch_add(1);
    const Waiting waiting = listener.settings.tls ? Waiting::handshake : Waiting::idle;
    if (!slot->arm({.waiting = waiting, .deadline = deadline}, front.draining)) {
        close_connection(front, *slot);
    }
}

enum class Accepted { one, none_waiting, no_room };

Accepted accept_one(FrontState& front, ListenerState& listener) {
    if (listener.connections.load() >= listener.settings.limits.connections_max) {
        return Accepted::no_room;
    }
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    Descriptor socket(::accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket) {
        adopt(front, listener, std::move(socket), address_text(peer));
        return Accepted::one;
    }
    if (errno == EAGAIN) return Accepted::none_waiting;
    // The connection, not the listener, was at fault: it left before we came.
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return Accepted::one;
    front.seams.log.warning("http.accept_failed",
                            {{"listener", listener.settings.name}, {"errno", errno}});
    // Out of descriptors or memory. The connection still waits, so the listener stays readable:
    // arming it now would spin.
    return Accepted::no_room;
}

}  // namespace

void close_connection(FrontState& front, Slot& slot) {
    std::unique_ptr<Connection> connection = slot.close();
    ListenerState& listener = connection->listener;
    connection.reset();
    front.slots->give_back(slot.index());
    listener.connections.fetch_sub(1);
    const bool last = front.connections.fetch_sub(1) == 1;
    if (listener.paused.load()) resume(front, listener);
    if (last && front.draining.load()) finish(front);
}

void finish(FrontState& front) {
    front.finished.store(true);
    front.slots->wake_one();  // Who leaves run() wakes the next.
}

void accept_waiting(FrontState& front, ListenerState& listener) {
    const std::lock_guard lock(listener.mutex);
    if (!listener.socket) return;
    for (int i = 0; i < kAcceptBatch; ++i) {
        const Accepted outcome = accept_one(front, listener);
        if (outcome == Accepted::none_waiting) break;
        if (outcome == Accepted::no_room) {
            listener.paused.store(true);
            return;
        }
    }
    arm_listener(front, listener);
}

void resume(FrontState& front, ListenerState& listener) {
    const std::lock_guard lock(listener.mutex);
    if (!listener.socket || !listener.paused.exchange(false)) return;
    arm_listener(front, listener);
}

void stop_listening(FrontState& front, ListenerState& listener) {
    const std::lock_guard lock(listener.mutex);
    if (!listener.socket) return;
    while (accept_one(front, listener) == Accepted::one) {
    }
    listener.socket.reset();
}

}  // namespace tollgate::transport
