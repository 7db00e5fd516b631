#include "gateway/refusals.h"

#include <string>

#include "gateway/problem.h"

namespace tollgate::gateway {

transport::ServerResponse api_refusal(int status, std::string_view reason) {
    if (status == 503) {
        return to_response({.status = status,
                            .code = "outcome_unknown",
                            .title = "No answer came in time. Send the same request again; never "
                                     "use another out_trade_no",
                            .retry_after_seconds = 2});
    }
    return to_response({.status = status,
                        .code = status == 404   ? "no_such_route"
                                : status == 405 ? "method_not_allowed"
                                                : "bad_request",
                        .title = std::string(reason)});
}

transport::ServerResponse public_refusal(int status, std::string_view /*reason*/) {
    return {.status = status, .content_type = "text/plain", .body = "fail"};
}

}  // namespace tollgate::gateway
