#pragma once

#include "callbacks/app.h"
#include "gateway/api_request.h"
#include "transport/router.h"

namespace tollgate::gateway {

// GET /v1/differences, GET /v1/differences/{id}, POST /v1/differences/{id}/settle.
class DifferenceApi {
public:
    // Both must outlive the routes and every ticket under way.
    DifferenceApi(const ApiSeams& seams, const callbacks::Apps& apps)
        : seams_(seams), apps_(apps) {}

    void add_routes(transport::Router& router);

private:
    void list(const transport::ServerRequest& request, transport::Ticket ticket);
    void get_one(const transport::ServerRequest& request, transport::Ticket ticket);
    void settle(const transport::ServerRequest& request, transport::Ticket ticket);

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
};

}  // namespace tollgate::gateway
