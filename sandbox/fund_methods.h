#pragma once

#include "sandbox/methods.h"

namespace tollgate::sandbox {

// Pre-authorisation (protocol notes 9.16). Paying out of it is alipay.trade.pay's business.
Run auth_freeze(const SignedRequest& request, const MethodWorld& world);
Run auth_voucher_create(const SignedRequest& request, const MethodWorld& world);
Run auth_app_freeze(const SignedRequest& request, const MethodWorld& world);
Run auth_unfreeze(const SignedRequest& request, const MethodWorld& world);
Run auth_detail_query(const SignedRequest& request, const MethodWorld& world);
Run auth_cancel(const SignedRequest& request, const MethodWorld& world);

}  // namespace tollgate::sandbox
