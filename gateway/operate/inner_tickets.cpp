#include "gateway/operate/inner_tickets.h"

#include <utility>

namespace tollgate::gateway::operate {

transport::Ticket InnerTickets::open(Then then) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(++last_, std::move(then));
    return {weak_from_this(), last_};
}

void InnerTickets::complete(std::uint64_t ticket, transport::ServerResponse response) {
    Then then;
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(ticket);
        if (found == waiting_.end()) return;
        then = std::move(found->second);
        waiting_.erase(found);
    }
    then(std::move(response));
}

}  // namespace tollgate::gateway::operate
