#pragma once

#include <string>

#include "gateway/operate/door.h"
#include "transport/http_client.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// /console/api/sandbox/…: the pretend Alipay's own controls (docs/sandbox.md), passed on for who is
// signed in: trades and notifications to look at, faults to see and set, certificates to renew.
class SandboxPass {
public:
    // `url`: of the settings. All must outlive the routes and every ticket under way.
    SandboxPass(const ConsoleParts& parts, transport::HttpClient& http, std::string url)
        : parts_(parts), http_(http), url_(std::move(url)) {}

    void add_routes(transport::Router& router);

private:
    void look(const transport::ServerRequest& request, transport::Ticket ticket);
    void change(const transport::ServerRequest& request, transport::Ticket ticket);
    void pass(const transport::ServerRequest& request, transport::Ticket ticket);

    const ConsoleParts parts_;
    transport::HttpClient& http_;
    const std::string url_;
};

}  // namespace tollgate::gateway::operate
