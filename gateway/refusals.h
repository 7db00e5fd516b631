#pragma once

#include <string>
#include <string_view>

#include "gateway/problem.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// The front's own refusals in the API's words. Its 503 is an answer that did not come in time: the
// work may have been done.
inline transport::ServerResponse api_refusal(int status, std::string_view reason) {
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

// What the front itself refuses on the public listener, a late ticket included, is a failure in
// Alipay's eyes: whoever reads the body finds the word for it.
inline transport::ServerResponse public_refusal(int status, std::string_view /*reason*/) {
    return {.status = status, .content_type = "text/plain", .body = "fail"};
}

}  // namespace tollgate::gateway
