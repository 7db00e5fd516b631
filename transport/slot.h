#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "transport/connection.h"
#include "transport/http_message.h"

namespace tollgate::transport {

// What an armed connection waits for, and so what its deadline means.
enum class Waiting { handshake, idle, request, send, linger };

// A connection's place, and the rule of who may touch it. At any moment a connection is
//
//   free       nobody is connected here
//   armed      with the kernel: the first thread to claim it (for an event, or because its deadline
//              is over) becomes the owner
//   working    with that thread, until it arms, suspends or closes it
//   suspended  with its ticket: completing the ticket makes it armed, for a loop that is told of it
//              by other means than the kernel's (SlotTable) and sends the answer
//
// The kernel tells of a change once (edge-triggered), whoever has the connection then: what it
// tells while nobody waits is remembered, and arm() asks it to look again. As long as the owner has
// read all that there was and nothing has stirred since, arming costs no system call.
//
// The mutex guards these changes and the fields that outsiders (tickets, the sweep, stop) look at,
// and makes each owner see what the last one did. It is held for moments only, never over a
// handler or a read. The Connection itself needs no lock.
class Slot {
public:
    Slot(int epoll, std::uint32_t index) : epoll_(epoll), index_(index) {}

    // The owner's; the rest of this block is called by the owner, too.
    Connection& connection() { return *connection_; }

    // Puts a new connection here. The caller is its owner.
    void open(std::unique_ptr<Connection> connection);

    struct Wait {
        Waiting waiting = Waiting::idle;
        std::chrono::nanoseconds deadline{};
        Readiness readiness = Readiness::input;
        bool drained = false;  // The last read took all that was there.
    };
    // Gives the connection to the kernel until it is ready or the deadline is over. False, and
    // still the caller's, when `draining` is set and no request would have begun.
    bool arm(Wait wait, const std::atomic<bool>& draining);

    struct TicketTimes {
        std::chrono::nanoseconds answer_by{};
        std::chrono::nanoseconds send_by{};  // For the answer, when it comes from elsewhere.
    };
    // A new ticket for the request that the owner is about to hand to a handler.
    std::uint64_t open_ticket(TicketTimes times);
    // After the handler has returned: the answer when there is one. Nothing: the connection is
    // suspended now and no longer the caller's.
    std::optional<ServerResponse> answer_or_suspend();
    struct Revoked {
        bool was_open = false;
        std::optional<ServerResponse> answer;  // Made before, by the handler or its ticket.
    };
    // The handler failed: the ticket is void, whoever holds it.
    Revoked revoke_ticket();
    // The answer to find for answer_or_suspend().
    void put_answer(ServerResponse response);
    // The answer that was made while the connection was suspended.
    std::optional<ServerResponse> take_answer();

    // Ends the connection's stay. The slot is free; the caller destroys the connection and only
    // then gives the slot back.
    std::unique_ptr<Connection> close();

    std::uint32_t index() const { return index_; }

    // The rest may be called from any thread.

    // Why somebody wants a connection.
    enum class Sign {
        none,   // There is an answer to send.
        input,  // The kernel has seen bytes, or room for some.
        end,  // The kernel has seen the peer's end, perhaps behind bytes that are to be read first.
    };
    // Makes the caller the owner and tells what was waited for. Nothing when somebody was faster;
    // an owner may find that nothing has happened at all, and arms again.
    std::optional<Waiting> claim(Sign sign);

    enum class Settled {
        too_late,    // That ticket is not open, or its peer is gone.
        looked_for,  // The handler still runs: its thread will find the answer.
        to_send,     // A loop must claim the connection and send.
    };
    Settled settle(std::uint64_t ticket, ServerResponse response);

    struct Expired {
        bool ticket_answered = false;    // An open ticket got its 503.
        bool to_send = false;            // As for settle().
        std::optional<Waiting> claimed;  // The caller is the owner now, and the wait is over.
    };
    // Ends what has waited past its deadline.
    Expired expire(std::chrono::nanoseconds now);

    // Makes the next expire() claim the connection if it is idle or in its handshake.
    void hurry_if_idle();

    struct Cut {
        bool claimed = false;  // The caller is the owner now.
        bool ticket_dropped = false;
    };
    // The end of all patience: takes the connection from the kernel or from its ticket.
    Cut cut();

private:
    void watch_locked(std::uint32_t events);
    Settled answer_locked(ServerResponse response);

    enum class Phase { free, armed, working, suspended };

    const int epoll_;
    const std::uint32_t index_;
    std::mutex mutex_;
    Phase phase_ = Phase::free;
    Waiting waiting_ = Waiting::idle;
    std::uint32_t watched_ = 0;  // What the kernel looks for; 0: it does not know the connection.
    bool stirred_ = false;       // The kernel has told something that nobody has looked at yet.
    std::atomic<std::int64_t> deadline_ns_{0};  // 0: none. Atomic so that the sweep may look first.
    std::chrono::nanoseconds send_by_{};
    std::uint64_t generation_ = 0;
    std::uint64_t ticket_ = 0;  // The open one, or 0.
    std::optional<ServerResponse> answer_;
    std::unique_ptr<Connection> connection_;
};

inline constexpr unsigned kSlotIndexBits = 24;

}  // namespace tollgate::transport
