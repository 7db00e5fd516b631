#pragma once

#include "sandbox/auth_order.h"
#include "transport/http_message.h"

namespace tollgate::sandbox {

// What the payer sees of a pre-authorisation: to be agreed to, frozen, over. Pure.
transport::ServerResponse fund_page(const AuthOrder& auth, const transport::ServerRequest& request);

}  // namespace tollgate::sandbox
