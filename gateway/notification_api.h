#pragma once

#include "callbacks/app.h"
#include "gateway/api_request.h"
#include "ledger/lookup.h"
#include "transport/router.h"

namespace tollgate::gateway {

// GET /v1/notifications, GET /v1/notifications/{id}, POST /v1/notifications/{id}/reprocess.
//
// Reprocessing verifies what was kept once more, with the keys of now, and then does just what the
// public listener would have done: nobody can skip the verification.
class NotificationApi {
public:
    // Both must outlive the routes and every ticket under way.
    NotificationApi(const ApiSeams& seams, const callbacks::Apps& apps)
        : seams_(seams), apps_(apps) {}

    void add_routes(transport::Router& router);

private:
    void list(const transport::ServerRequest& request, transport::Ticket ticket);
    void get_one(const transport::ServerRequest& request, transport::Ticket ticket);
    void reprocess(const transport::ServerRequest& request, transport::Ticket ticket);
    void record(const transport::ServerRequest& request, const Caller& caller,
                const callbacks::AppRef& app, ledger::NotificationView view,
                transport::Ticket ticket);

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
};

// The JSON object that the API shows of a notification.
std::string notification_json(const ledger::NotificationView& view, bool with_body);

}  // namespace tollgate::gateway
