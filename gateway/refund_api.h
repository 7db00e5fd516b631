#pragma once

#include "callbacks/app.h"
#include "gateway/api_request.h"
#include "gateway/refund_errands.h"
#include "gateway/refund_unit.h"
#include "transport/router.h"

namespace tollgate::gateway {

// POST and GET /v1/payments/{id}/refunds, GET …/refunds/{out_request_no}.
class RefundApi {
public:
    // All must outlive the routes and every ticket under way.
    RefundApi(const ApiSeams& seams, const callbacks::Apps& apps, RefundErrands& errands,
              std::chrono::milliseconds at_work_max)
        : seams_(seams), apps_(apps), errands_(errands), at_work_max_(at_work_max) {}

    void add_routes(transport::Router& router);

private:
    struct Work;  // One request under way.
    using Shared = std::shared_ptr<Work>;

    void create(const transport::ServerRequest& request, transport::Ticket ticket);
    void list(const transport::ServerRequest& request, transport::Ticket ticket);
    void get_one(const transport::ServerRequest& request, transport::Ticket ticket);
    void answer(const Shared& work, const Result<ledger::Refund>& refund);

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
    RefundErrands& errands_;
    const std::chrono::milliseconds at_work_max_;
};

}  // namespace tollgate::gateway
