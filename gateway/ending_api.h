#pragma once

#include "gateway/api_request.h"
#include "gateway/trade_errands.h"
#include "transport/router.h"

namespace tollgate::gateway {

// POST /v1/payments/{id}/close and /cancel: the wish is written down first, so that no action is
// handed out any more; then Alipay is asked, told and asked again; the answer says how far that
// came.
class EndingApi {
public:
    // All must outlive the routes and every ticket under way.
    EndingApi(const ApiSeams& seams, const callbacks::Apps& apps, Random& random,
              TradeErrands& errands, std::chrono::milliseconds at_work_max)
        : seams_(seams),
          apps_(apps),
          random_(random),
          errands_(errands),
          at_work_max_(at_work_max) {}

    void add_routes(transport::Router& router);

private:
    struct Work;  // One request under way.
    using Shared = std::shared_ptr<Work>;

    void end(const transport::ServerRequest& request, transport::Ticket ticket, Ending ending);
    Result<std::optional<transport::ServerResponse>> begin(ledger::Books& books, Work& work) const;
    void go_to_alipay(const Shared& work);
    void answer(const Shared& work, const Result<ledger::Payment>& outcome);

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
    Random& random_;
    TradeErrands& errands_;
    const std::chrono::milliseconds at_work_max_;
};

}  // namespace tollgate::gateway
