#include "gateway/operate/sandbox_pass.h"

#include <memory>

#include "gateway/operate/roles.h"

namespace tollgate::gateway::operate {
namespace {

using transport::ClientReply;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr std::string_view kApi = "/console/api";
constexpr std::chrono::milliseconds kPassTime{5'000};

ApiProblem no_sandbox() {
    return {.status = 502,
            .code = "sandbox_unavailable",
            .title = "The sandbox at /console/sandbox_url of the settings does not answer"};
}

}  // namespace

void SandboxPass::add_routes(transport::Router& router) {
    const auto bound = [this](auto member) {
        return [this, member](ServerRequest& request, Ticket ticket) {
            (this->*member)(request, std::move(ticket));
        };
    };
    for (const char* list : {"trades", "notifications", "faults", "certificates"}) {
        router.add("GET", "/console/api/sandbox/" + std::string(list), bound(&SandboxPass::look));
    }
    router.add("POST", "/console/api/sandbox/faults", bound(&SandboxPass::change));
    router.add("POST", "/console/api/sandbox/certificates/{app_id}/renew",
               bound(&SandboxPass::change));
}

void SandboxPass::look(const ServerRequest& request, Ticket ticket) {
    if (admit(parts_, request, ticket)) pass(request, std::move(ticket));
}

// A pretend Alipay is nobody's money: it needs a role, and no reason.
void SandboxPass::change(const ServerRequest& request, Ticket ticket) {
    const auto session = admit_to_change(parts_, request, ticket);
    if (!session) return;
    if (!may_act(session->role)) {
        return ticket.complete(to_response({.status = 403,
                                            .code = "right_missing",
                                            .title = "A viewer may look, and change nothing"}));
    }
    parts_.api.log.info(
        "console.sandbox",
        {{"operator", session->name}, {"path", request.path}, {"request_id", request.request_id}});
    pass(request, std::move(ticket));
}

void SandboxPass::pass(const ServerRequest& request, Ticket ticket) {
    transport::ClientRequest passed{.method = request.method,
                                    .url = url_ + request.target.substr(kApi.size()),
                                    .headers = {},
                                    .body = request.body};
    if (!request.body.empty()) passed.headers.emplace_back("Content-Type", "application/json");
    passed.total_timeout = kPassTime;
    auto waiting = std::make_shared<Ticket>(std::move(ticket));
    http_.start(std::move(passed), [waiting](const Result<ClientReply>& reply) {
        if (!reply) return waiting->complete(to_response(no_sandbox()));
        const auto type = transport::find_header(reply->headers, "content-type");
        // Its pages are its own: only what is data comes through this door.
        if (!type || type->find("json") == std::string_view::npos) {
            return waiting->complete(to_response(no_sandbox()));
        }
        waiting->complete(
            {.status = reply->status, .content_type = std::string(*type), .body = reply->body});
    });
}

}  // namespace tollgate::gateway::operate
