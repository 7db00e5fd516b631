#pragma once

#include "gateway/api_request.h"
#include "gateway/app_result.h"
#include "gateway/trade_errands.h"
#include "transport/router.h"

namespace tollgate::gateway {

// POST /v1/payments/{id}/app-result: what Alipay's SDK gave the shop's app. It is checked, then
// Alipay is asked; the answer is the payment as it is after that. The result itself moves nothing.
class AppResultApi {
public:
    // All must outlive the routes and every ticket under way.
    AppResultApi(const ApiSeams& seams, const callbacks::Apps& apps, TradeErrands& errands)
        : seams_(seams), apps_(apps), errands_(errands) {}

    void add_routes(transport::Router& router);

private:
    void take(const transport::ServerRequest& request, transport::Ticket ticket);
    void ask_alipay(const ledger::Payment& payment, const AppResult& result,
                    const std::string& request_id, transport::Ticket ticket);

    const ApiSeams seams_;
    const callbacks::Apps& apps_;
    TradeErrands& errands_;
};

}  // namespace tollgate::gateway
