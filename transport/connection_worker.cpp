#include "transport/connection_worker.h"

#include <cerrno>
#include <optional>

#include <sys/socket.h>

#include "transport/tls_greeting.h"

namespace tollgate::transport {
namespace {

// How long a refused peer's bytes are read and dropped, so that it gets to read why.
constexpr std::chrono::seconds kLingerTime{1};

// How often a connection is read before others have their turn. Plain ones are read once an event.
constexpr int kReadsMax = 16;

}  // namespace

ConnectionWorker::ConnectionWorker(FrontState& front)
    : front_(front),
      dispatcher_(front),
      buffer_(std::make_unique<std::array<char, kBufferBytes>>()) {}

void ConnectionWorker::on_event(Slot& slot, Slot::Sign sign) {
    const std::optional<Waiting> waiting = slot.claim(sign);
    if (!waiting) return;
    Connection& connection = slot.connection();
    switch (*waiting) {
        case Waiting::handshake: return shake_hands(slot, false);
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
        case Waiting::handshake: return shake_hands(slot, true);
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

// `last_try`: its time is over, but the missing bytes may have come in this very moment.
void ConnectionWorker::shake_hands(Slot& slot, bool last_try) {
    Connection& connection = slot.connection();
    const auto tls = connection.listener.tls();
    const Greeting greeting = greet(connection, *tls, front_.seams.clock.now());
    switch (greeting.outcome) {
        case Greeting::Outcome::secured:
            front_.tls_handshakes.fetch_add(1, std::memory_order_relaxed);
            return pump(slot);
        case Greeting::Outcome::plain_http:
            dispatcher_.refuse(connection, 400, "this port speaks TLS only: use https");
            return pump(slot);
        case Greeting::Outcome::left: return close(slot);
        case Greeting::Outcome::failed:
            return handshake_failed(slot, connection.stream.tls()->failure());
        case Greeting::Outcome::blocked: break;
    }
    const bool silent = connection.stream.tls() == nullptr;
    if (last_try && silent) return close(slot);
    if (last_try) return handshake_failed(slot, "the handshake took too long");
    if (!slot.arm({.waiting = Waiting::handshake,
                   .deadline = connection.handshake_deadline,
                   .readiness = greeting.needs},
                  front_.draining)) {
        close(slot);
    }
}

// OpenSSL has sent its alert already, if there was somebody to send it to.
void ConnectionWorker::handshake_failed(Slot& slot, std::string_view why) {
    Connection& connection = slot.connection();
    front_.tls_failures.fetch_add(1, std::memory_order_relaxed);
    front_.refusal_log.note({.listener = connection.listener.settings.name,
                             .status = 0,
                             .reason = why,
                             .peer = connection.remote_address,
                             .request_id = {}});
    begin_to_linger(slot);
}

// The round of a connection: send what there is, take the next request, serve it.
void ConnectionWorker::pump(Slot& slot) {
    Connection& connection = slot.connection();
    int reads = 0;
    while (true) {
        const IoOutcome flushed = flush(connection);
        if (flushed.io == Io::blocked) return wait_to_send(slot, flushed.needs);
        if (flushed.io != Io::done) return close(slot);
        if (connection.resetting) return close_with_reset(slot);
        if (connection.closing) return begin_to_linger(slot);
        std::string_view rest = connection.unread();
        const Frame::Step step = connection.frame.advance(rest);
        connection.keep(rest);
        switch (step) {
            case Frame::Step::need_more:
                if (connection.frame.take_continue()) {
                    connection.output = "HTTP/1.1 100 Continue\r\n\r\n";
                    break;
                }
                if (connection.peer_finished || !connection.stream.holds_input()) {
                    return wait_for_input(slot);
                }
                if (++reads == kReadsMax) {
                    // Comes at once, unlike the event for input that we hold already.
                    connection.input_needs = Readiness::output;
                    return wait_for_input(slot);
                }
                if (const Io got = receive(connection); got != Io::done) {
                    return got == Io::blocked ? wait_for_input(slot) : close(slot);
                }
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

Io ConnectionWorker::receive(Connection& connection) {
    const IoOutcome got = connection.stream.read(*buffer_);
    connection.input_needs = Readiness::input;
    // TLS does not tell what it has left in the socket.
    connection.drained = connection.stream.tls() == nullptr && got.bytes < buffer_->size();
    if (got.io == Io::broken) return Io::broken;
    if (got.io == Io::finished) connection.peer_finished = true;
    if (got.io == Io::blocked) connection.input_needs = got.needs;
    if (got.bytes == 0) return got.io == Io::blocked ? Io::blocked : Io::done;
    connection.input.erase(0, connection.used);
    connection.used = 0;
    connection.input.append(buffer_->data(), got.bytes);
    return Io::done;
}

IoOutcome ConnectionWorker::flush(Connection& connection) {
    while (connection.sent < connection.output.size()) {
        const IoOutcome went =
            connection.stream.write(std::string_view(connection.output).substr(connection.sent));
        if (went.io != Io::done) return went;
        connection.sent += went.bytes;
    }
    connection.output.clear();
    connection.sent = 0;
    connection.send_deadline = {};
    return {};
}

void ConnectionWorker::wait_to_send(Slot& slot, Readiness needs) {
    Connection& connection = slot.connection();
    // Fixed when the wait begins: taking one byte now and then must not buy more time.
    if (connection.send_deadline.count() == 0) {
        connection.send_deadline =
            front_.seams.clock.monotonic() + connection.listener.settings.limits.send_time;
    }
    slot.arm({.waiting = Waiting::send, .deadline = connection.send_deadline, .readiness = needs},
             front_.draining);
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
        slot.arm({.waiting = Waiting::request,
                  .deadline = connection.request_deadline,
                  .readiness = connection.input_needs,
                  .drained = connection.drained},
                 front_.draining);
        return;
    }
    connection.free_idle_memory();
    // Fixed once, as TLS wakes us for bytes that are no request's: they must not buy more time.
    if (connection.idle_deadline.count() == 0) {
        const auto idle = connection.answered_before ? limits.idle_time : limits.request_time;
        connection.idle_deadline = now + idle;
    }
    if (!slot.arm({.waiting = Waiting::idle,
                   .deadline = connection.idle_deadline,
                   .readiness = connection.input_needs,
                   .drained = connection.drained},
                  front_.draining)) {
        close(slot);
    }
}

// Closing a socket with bytes unread resets it, and a reset can overtake the answer. So: say that
// we are done, read and drop for a moment, then close.
void ConnectionWorker::begin_to_linger(Slot& slot) {
    Connection& connection = slot.connection();
    if (connection.peer_finished) return close(slot);
    connection.stream.finish_sending();
    connection.linger_deadline = front_.seams.clock.monotonic() + kLingerTime;
    linger(slot);
}

void ConnectionWorker::linger(Slot& slot) {
    Connection& connection = slot.connection();
    ssize_t got = 0;
    // Bounded, so that a fast sender does not keep this thread to itself.
    for (int i = 0; i < 16; ++i) {
        got = ::recv(connection.stream.socket(), buffer_->data(), buffer_->size(), MSG_DONTWAIT);
        if (got <= 0) break;
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return close(slot);
    slot.arm({.waiting = Waiting::linger, .deadline = connection.linger_deadline}, front_.draining);
}

void ConnectionWorker::close(Slot& slot) {
    slot.connection().stream.say_goodbye();
    close_connection(front_, slot);
}

void ConnectionWorker::close_with_reset(Slot& slot) {
    slot.connection().stream.reset_on_close();
    close_connection(front_, slot);
}

}  // namespace tollgate::transport
