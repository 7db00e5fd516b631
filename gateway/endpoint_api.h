#pragma once

#include "gateway/api_request.h"
#include "gateway/endpoint_changes.h"
#include "transport/router.h"

namespace tollgate::gateway {

// The endpoint routes of the api listener: who may, and what can be seen; EndpointChanges writes.
class EndpointApi {
public:
    EndpointApi(ApiSeams seams, EndpointApiSettings settings)
        : seams_(std::move(seams)), settings_(std::move(settings)), changes_(seams_, settings_) {}
    EndpointApi(const EndpointApi&) = delete;  // changes_ refers into us.
    EndpointApi& operator=(const EndpointApi&) = delete;

    void add_routes(transport::Router& router);

private:
    using Request = transport::ServerRequest;
    using Ticket = transport::Ticket;
    using Change = void (EndpointChanges::*)(const Caller&, Request&, Ticket);

    void list(Request& request, Ticket ticket);
    void get_one(Request& request, Ticket ticket);
    void deliveries(Request& request, Ticket ticket);
    void change(Request& request, Ticket ticket, Change what);

    const ApiSeams seams_;
    const EndpointApiSettings settings_;
    EndpointChanges changes_;
};

}  // namespace tollgate::gateway
