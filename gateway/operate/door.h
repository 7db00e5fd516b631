#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/api_request.h"
#include "gateway/operate/desk.h"
#include "gateway/operate/sessions.h"
#include "transport/ticket.h"

namespace tollgate::gateway::operate {

// What the parts of the console share. All must outlive them.
struct ConsoleParts {
    const ApiSeams& api;
    Sessions& sessions;
    Desk& desk;
};

// Who is signed in; else nothing, and the ticket is answered 401 `signed_out`.
std::optional<Session> admit(const ConsoleParts& parts, const transport::ServerRequest& request,
                             transport::Ticket& ticket);
// The same for a request that changes something: it must also bring the session's CSRF token.
std::optional<Session> admit_to_change(const ConsoleParts& parts,
                                       const transport::ServerRequest& request,
                                       transport::Ticket& ticket);

// Has the desk answer; 503 when its line is full. `answer` gives a ServerResponse.
template <typename Answer>
void answer_at_desk(const ConsoleParts& parts, transport::Ticket ticket, Answer answer);

// What waits for the desk: copies of a request, and its ticket.
using SharedTicket = std::shared_ptr<transport::Ticket>;
void post_to_desk(const ConsoleParts& parts, transport::Ticket ticket,
                  std::function<void(transport::Ticket)> work);

template <typename Answer>
void answer_at_desk(const ConsoleParts& parts, transport::Ticket ticket, Answer answer) {
    post_to_desk(parts, std::move(ticket),
                 [answer = std::move(answer)](transport::Ticket waiting) mutable {
                     waiting.complete(answer());
                 });
}

// What `read`, which gives a Result<ServerResponse>, finds in the ledger.
template <typename Read>
transport::ServerResponse response_from_ledger(const ApiSeams& seams, const std::string& request_id,
                                               Read read) {
    const auto reading = seams.store.read();
    Result<transport::ServerResponse> answer =
        reading ? read(**reading) : Result<transport::ServerResponse>(reading.error());
    if (answer) return *std::move(answer);
    seams.log.error("console.failed",
                    {{"request_id", request_id}, {"reason", answer.error().message()}});
    return to_response(storage_problem(answer.error()));
}

}  // namespace tollgate::gateway::operate
