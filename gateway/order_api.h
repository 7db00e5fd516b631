#pragma once

#include <functional>
#include <memory>

#include "gateway/app_result_api.h"
#include "gateway/difference_api.h"
#include "gateway/ending_api.h"
#include "gateway/endpoint_api.h"
#include "gateway/event_api.h"
#include "gateway/notification_api.h"
#include "gateway/payment_api.h"
#include "gateway/preauth_api.h"
#include "gateway/refund_api.h"
#include "gateway/token_api.h"

namespace tollgate::gateway {

// The order service's whole API: one object for each part of docs/api.md. Both doors that answer it
// (the api listener, and the console with a session in the key's place) share it.
class OrderApi {
public:
    // All must outlive it, its routes and every ticket under way.
    struct Parts {
        const config::Settings& settings;
        const callbacks::Apps& apps;
        Random& random;
        AlipayClient& alipay;
        CreatePayment& create;
        TradeErrands& errands;
        RefundErrands& refund_errands;
        PreauthErrands& preauth_errands;
        LedgerGuard* guard;
        std::chrono::milliseconds errand_time;
        std::chrono::milliseconds call_lease;
        std::function<void()> wake;  // See LongPolls.
    };
    // Errors: invalid_argument for networks that cannot be read.
    static Result<std::unique_ptr<OrderApi>> make(const ApiSeams& seams, const Parts& parts);

    OrderApi(const ApiSeams& seams, const Parts& parts, EndpointDoors doors);

    void add_routes(transport::Router& router);
    EventApi& events() { return events_; }

private:
    Replacing replacing_;
    PaymentApi payments_;
    AppResultApi app_results_;
    EndingApi endings_;
    TokenApi tokens_;
    RefundApi refunds_;
    PreauthApi preauths_;
    DifferenceApi differences_;
    NotificationApi notifications_;
    EventApi events_;
    EndpointApi endpoints_;
};

}  // namespace tollgate::gateway
