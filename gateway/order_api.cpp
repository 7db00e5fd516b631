#include "gateway/order_api.h"

#include "gateway/deliveries.h"

namespace tollgate::gateway {

Result<std::unique_ptr<OrderApi>> OrderApi::make(const ApiSeams& seams, const Parts& parts) {
    TOLLGATE_TRY(auto doors, EndpointDoors::make(parts.settings.deliveries.allowed_networks));
    return std::make_unique<OrderApi>(seams, parts, std::move(doors));
}

OrderApi::OrderApi(const ApiSeams& seams, const Parts& parts, EndpointDoors doors)
    : replacing_(seams, parts.random, parts.create, parts.errands),
      payments_(seams.callers, parts.create, replacing_, parts.errands, seams.store, seams.clock,
                seams.log),
      app_results_(seams, parts.apps, parts.errands),
      endings_(seams, parts.apps, parts.random, parts.errands, parts.errand_time),
      tokens_(seams),
      refunds_(seams, parts.apps, parts.refund_errands, parts.errand_time),
      preauths_(
          seams, parts.apps, parts.alipay, parts.random, parts.preauth_errands,
          PreauthSettings{parts.settings.public_door.base_url, parts.call_lease, parts.guard}),
      differences_(seams, parts.apps),
      notifications_(seams, parts.apps),
      events_(seams, parts.wake),
      endpoints_(seams, EndpointApiSettings{.apps = parts.apps.ids(),
                                            .configured = Deliveries::keys(parts.settings),
                                            .doors = std::move(doors)}) {}

void OrderApi::add_routes(transport::Router& router) {
    payments_.add_routes(router);
    events_.add_routes(router);
    endpoints_.add_routes(router);
    endings_.add_routes(router);
    app_results_.add_routes(router);
    tokens_.add_routes(router);
    refunds_.add_routes(router);
    preauths_.add_routes(router);
    differences_.add_routes(router);
    notifications_.add_routes(router);
}

}  // namespace tollgate::gateway
