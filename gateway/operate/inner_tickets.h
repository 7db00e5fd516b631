#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "transport/ticket.h"

namespace tollgate::gateway::operate {

// Tickets for requests that this process makes to its own routes: the answer comes back to whoever
// asked. Made by make_shared, for tickets outlive whom they were opened by.
class InnerTickets final : public transport::TicketOffice,
                           public std::enable_shared_from_this<InnerTickets> {
public:
    // Called once, from the thread that answers; a ticket that is dropped answers 503.
    using Then = std::function<void(transport::ServerResponse)>;

    transport::Ticket open(Then then);
    void complete(std::uint64_t ticket, transport::ServerResponse response) override;

private:
    std::mutex mutex_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, Then> waiting_;
};

}  // namespace tollgate::gateway::operate
