#pragma once

#include "sandbox/methods.h"

namespace tollgate::sandbox {

// The methods that make a trade (protocol notes 9.1 to 9.6).
Run page_pay(const SignedRequest& request, const MethodWorld& world);
Run wap_pay(const SignedRequest& request, const MethodWorld& world);
Run app_pay(const SignedRequest& request, const MethodWorld& world);
Run precreate(const SignedRequest& request, const MethodWorld& world);
Run create(const SignedRequest& request, const MethodWorld& world);
Run pay(const SignedRequest& request, const MethodWorld& world);

}  // namespace tollgate::sandbox
