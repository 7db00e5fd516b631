#include "transport/ticket.h"

#include <utility>

#include "base/check.h"

namespace tollgate::transport {
namespace {

void hand_in(const std::weak_ptr<TicketOffice>& office, std::uint64_t number,
             ServerResponse response) {
    // An office that is gone has closed its connections: there is nobody left to tell.
    if (const auto open = office.lock()) open->complete(number, std::move(response));
}

}  // namespace

Ticket::Ticket(Ticket&& other) noexcept
    : office_(std::move(other.office_)), number_(std::exchange(other.number_, 0)) {}

Ticket& Ticket::operator=(Ticket&& other) noexcept {
    if (this == &other) return *this;
    Ticket dropped(std::move(*this));  // Answers its own request on its way out.
    office_ = std::move(other.office_);
    number_ = std::exchange(other.number_, 0);
    return *this;
}

Ticket::~Ticket() {
    if (number_ != 0) hand_in(office_, number_, ServerResponse{.status = 503});
}

void Ticket::complete(ServerResponse response) {
    TOLLGATE_CHECK(number_ != 0);
    hand_in(office_, std::exchange(number_, 0), std::move(response));
}

}  // namespace tollgate::transport
