#include "transport/connection_worker.h"

#include <cerrno>
#include <optional>

#include <sys/socket.h>

#include "base/check.h"

namespace tollgate::transport {
namespace {

// How long a refused peer's bytes are read and dropped, so that it gets to read why.
constexpr std::chrono::seconds kLingerTime{1};

bool would_block() {
    return errno == EAGAIN;
}

}  // namespace

ConnectionWorker::ConnectionWorker(FrontState& front)
    : front_(front),
      dispatcher_(front),
      buffer_(std::make_unique<std::array<char, kBufferBytes>>()) {}

void ConnectionWorker::on_event(Slot& slot) {
    const std::optional<Waiting> waiting = slot.claim();
    if (!waiting) return;
    Connection& connection = slot.connection();
    switch (*waiting) {
        case Waiting::linger: return linger(slot);
        case Waiting::idle:
        case Waiting::request:
            if (receive(connection) == Io::broken) return close(slot);
            break;
        case Waiting::send:
            if (auto answer = slot.take_answer()) {
                dispatcher_.answer(connection, *std::move(answer));
            }
            break;
    }
    pump(slot);
}

void ConnectionWorker::on_deadline(Slot& slot, Waiting waiting) {
    Connection& connection = slot.connection();
    switch (waiting) {
        case Waiting::linger: return close(slot);
        // The peer does not read: a plain close would keep the bytes in the kernel for minutes.
        case Waiting::send: return close_with_reset(slot);
        case Waiting::request:
            dispatcher_.refuse(connection, 408, "the request took too long to arrive");
            break;
        case Waiting::idle:
            // A request may have come in this very moment.
            if (receive(connection) != Io::done) return close(slot);
            break;
    }
    pump(slot);
}

// The round of a connection: send what there is, take the next request, serve it.
void ConnectionWorker::pump(Slot& slot) {
    Connection& connection = slot.connection();
    while (true) {
        switch (flush(connection)) {
            case Io::done: break;
            case Io::blocked: return wait_to_send(slot);
            case Io::broken: return close(slot);
        }
        if (connection.closing) return begin_to_linger(slot);
        std::string_view rest = connection.unread();
        const Frame::Step step = connection.frame.advance(rest);
        connection.keep(rest);
        switch (step) {
            case Frame::Step::need_more:
                if (!connection.frame.take_continue()) return wait_for_input(slot);
                connection.output = "HTTP/1.1 100 Continue\r\n\r\n";
                break;
            case Frame::Step::refused: {
                const Refusal refusal = connection.frame.refusal();
                dispatcher_.refuse(connection, refusal.status, refusal.reason);
                break;
            }
            case Frame::Step::whole:
                // Suspended: somebody else may own, or have ended, the connection by now.
                if (!dispatcher_.serve(slot)) return;
                break;
        }
    }
}

ConnectionWorker::Io ConnectionWorker::receive(Connection& connection) {
    const ssize_t got =
        ::recv(connection.socket.get(), buffer_->data(), buffer_->size(), MSG_DONTWAIT);
    if (got < 0) return would_block() || errno == EINTR ? Io::blocked : Io::broken;
    if (got == 0) {
        connection.peer_finished = true;
        return Io::done;
    }
    connection.input.erase(0, connection.used);
    connection.used = 0;
    connection.input.append(buffer_->data(), static_cast<std::size_t>(got));
    return Io::done;
}

ConnectionWorker::Io ConnectionWorker::flush(Connection& connection) {
    while (connection.sent < connection.output.size()) {
        const ssize_t went =
            ::send(connection.socket.get(), connection.output.data() + connection.sent,
                   connection.output.size() - connection.sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (went < 0 && errno == EINTR) continue;
        if (went < 0) return would_block() ? Io::blocked : Io::broken;
        connection.sent += static_cast<std::size_t>(went);
    }
    connection.output.clear();
    connection.sent = 0;
    connection.send_deadline = {};
    return Io::done;
}

void ConnectionWorker::wait_to_send(Slot& slot) {
    Connection& connection = slot.connection();
    // Fixed when the wait begins: taking one byte now and then must not buy more time.
    if (connection.send_deadline.count() == 0) {
        connection.send_deadline =
            front_.seams.clock.monotonic() + connection.listener.settings.limits.send_time;
    }
    slot.arm({.waiting = Waiting::send, .deadline = connection.send_deadline}, front_.draining);
}

void ConnectionWorker::wait_for_input(Slot& slot) {
    Connection& connection = slot.connection();
    if (connection.peer_finished) return close(slot);
    const FrontLimits& limits = connection.listener.settings.limits;
    const auto now = front_.seams.clock.monotonic();
    if (connection.frame.begun()) {
        if (connection.request_deadline.count() == 0) {
            connection.request_deadline = now + limits.request_time;
        }
        slot.arm({.waiting = Waiting::request, .deadline = connection.request_deadline},
                 front_.draining);
        return;
    }
    connection.free_idle_memory();
    const auto idle = connection.answered_before ? limits.idle_time : limits.request_time;
    if (!slot.arm({.waiting = Waiting::idle, .deadline = now + idle}, front_.draining)) {
        close(slot);
    }
}

// Closing a socket with bytes unread resets it, and a reset can overtake the answer. So: say that
// we are done, read and drop for a moment, then close.
void ConnectionWorker::begin_to_linger(Slot& slot) {
    Connection& connection = slot.connection();
    if (connection.peer_finished) return close(slot);
    ::shutdown(connection.socket.get(), SHUT_WR);
    connection.linger_deadline = front_.seams.clock.monotonic() + kLingerTime;
    linger(slot);
}

void ConnectionWorker::linger(Slot& slot) {
    Connection& connection = slot.connection();
    ssize_t got = 0;
    // Bounded, so that a fast sender does not keep this thread to itself.
    for (int i = 0; i < 16; ++i) {
        got = ::recv(connection.socket.get(), buffer_->data(), buffer_->size(), MSG_DONTWAIT);
        if (got <= 0) break;
    }
    if (got == 0 || (got < 0 && !would_block() && errno != EINTR)) return close(slot);
    slot.arm({.waiting = Waiting::linger, .deadline = connection.linger_deadline}, front_.draining);
}

void ConnectionWorker::close_with_reset(Slot& slot) {
    const struct linger at_once { .l_onoff = 1, .l_linger = 0 };
    ::setsockopt(slot.connection().socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(slot);
}

}  // namespace tollgate::transport
