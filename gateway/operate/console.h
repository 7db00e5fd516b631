#pragma once

#include <memory>

#include "callbacks/app.h"
#include "config/settings.h"
#include "gateway/api_request.h"
#include "transport/http_client.h"
#include "transport/router.h"

namespace tollgate::gateway::operate {

// The console at the operator's door: its pages, its sessions, its own reads, and the order
// service's API with a session in the place of the key.
class Console {
public:
    // What is wrong with the settings is added to `problems`. All must outlive the console, its
    // routes and every ticket under way.
    static std::unique_ptr<Console> make(const config::Settings& settings, const ApiSeams& seams,
                                         const callbacks::Apps& apps, transport::HttpClient& http,
                                         std::vector<config::Problem>& problems);
    virtual ~Console() = default;

    // The order service's routes that sessions may use; fill it before the front starts.
    virtual transport::Router& order_routes() = 0;
    virtual void add_routes(transport::Router& router) = 0;

    // Works until stop(). One thread.
    virtual void run() = 0;
    virtual void stop() = 0;
};

}  // namespace tollgate::gateway::operate
