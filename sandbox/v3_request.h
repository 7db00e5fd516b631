#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/app.h"
#include "sandbox/signed_request.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// Judges a request to API v3 (protocol notes 7) as strictly as Alipay does, and
// gives it the shape that methods know. Pure. Refusals: as of gateway.do
// ("isv.invalid-signature"); v3_answer() drops the prefix.
Result<SignedRequest> judge_v3(const transport::ServerRequest& request, const Apps& apps,
                               Timestamp now);

}  // namespace tollgate::sandbox
