#include "gateway/operate/door.h"

#include "signing/digest.h"

namespace tollgate::gateway::operate {

using transport::ServerRequest;
using transport::Ticket;

std::optional<Session> admit(const ConsoleParts& parts, const ServerRequest& request,
                             Ticket& ticket) {
    auto session = parts.sessions.find(request);
    if (session) return session;
    ticket.complete(
        to_response({.status = 401, .code = "signed_out", .title = "Sign in to the console"}));
    return std::nullopt;
}

std::optional<Session> admit_to_change(const ConsoleParts& parts, const ServerRequest& request,
                                       Ticket& ticket) {
    auto session = admit(parts, request, ticket);
    if (!session) return std::nullopt;
    const auto token = request.header("x-csrf-token").value_or("");
    if (signing::equal_in_constant_time(token, session->csrf)) return session;
    ticket.complete(
        to_response({.status = 403,
                     .code = "csrf",
                     .title = "The header X-CSRF-Token must hold the session's token"}));
    return std::nullopt;
}

void post_to_desk(const ConsoleParts& parts, Ticket ticket, std::function<void(Ticket)> work) {
    auto waiting = std::make_shared<Ticket>(std::move(ticket));
    const bool posted =
        parts.desk.post([waiting, work = std::move(work)] { work(std::move(*waiting)); });
    if (posted) return;
    waiting->complete(to_response({.status = 503,
                                   .code = "overloaded",
                                   .title = "The console is busy; nothing was done",
                                   .retry_after_seconds = 2}));
}

}  // namespace tollgate::gateway::operate
