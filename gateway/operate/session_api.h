#pragma once

#include "gateway/operate/door.h"
#include "gateway/operate/sign_in.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// POST, GET and DELETE /console/api/session.
class SessionApi {
public:
    // `over_tls`: the door has TLS of its own. Then, and behind a proxy that says it has, the
    // cookie is for TLS alone.
    SessionApi(const ConsoleParts& parts, People people, bool over_tls)
        : parts_(parts),
          people_(std::move(people)),
          attempts_(parts.api.clock),
          over_tls_(over_tls) {}

    void add_routes(transport::Router& router);

private:
    struct Credentials {
        std::string name;
        Secret password;
        std::string address;
        std::string network;
        std::string request_id;
        std::string cookie_name;
        bool over_tls = false;
    };

    void sign_in(const transport::ServerRequest& request, transport::Ticket ticket);
    void get(const transport::ServerRequest& request, transport::Ticket ticket);
    void sign_out(const transport::ServerRequest& request, transport::Ticket ticket);
    bool is_over_tls(const transport::ServerRequest& request) const;
    // At the desk: one password at a time.
    transport::ServerResponse check(const Credentials& credentials);

    const ConsoleParts parts_;
    const People people_;
    Attempts attempts_;
    PasswordPlaces places_;  // At the desk; without one: 429.
    const bool over_tls_;
};

}  // namespace tollgate::gateway::operate
