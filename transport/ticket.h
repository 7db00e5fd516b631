#pragma once

#include <cstdint>
#include <memory>

#include "transport/http_message.h"

namespace tollgate::transport {

// Where completed answers go: the front's side of a ticket. Implemented by the front and by tests.
class TicketOffice {
public:
    virtual ~TicketOffice() = default;
    // Called at most once a ticket, from any thread; must not block.
    virtual void complete(std::uint64_t ticket, ServerResponse response) = 0;
};

// The right, and the duty, to answer one request exactly once, at any time and from any thread.
// A handler that knows the answer completes it before it returns; every other handler hands it to
// whoever will learn the outcome (the writer after its commit, a call's completion, a timer).
//
// A ticket that is destroyed without an answer answers 503, so that no request is ever lost. One
// whose deadline has passed has already been answered 503 by the front: its completion is dropped,
// while the work itself goes on. Both say it in the listener's own words: so does a 503 without
// body, type and headers that a holder completes with.
//
// Completing is cheap and sends nothing itself: a thread of the front does. One ticket belongs to
// one thread at a time; different tickets are independent.
class Ticket {
public:
    Ticket() = default;
    Ticket(std::weak_ptr<TicketOffice> office, std::uint64_t number)
        : office_(std::move(office)), number_(number) {}
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&& other) noexcept;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket();

    // Uses the ticket up. Completing twice, or a moved-from ticket, stops the process: it is a bug.
    void complete(ServerResponse response);

    // False once it has been answered or moved away.
    bool open() const { return number_ != 0; }

private:
    std::weak_ptr<TicketOffice> office_;
    std::uint64_t number_ = 0;  // 0: nothing to answer.
};

}  // namespace tollgate::transport
