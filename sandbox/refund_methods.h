#pragma once

#include "sandbox/methods.h"

namespace tollgate::sandbox {

// Refunds (protocol notes 9.10 and 9.11).
Run refund(const SignedRequest& request, const MethodWorld& world);
Run refund_query(const SignedRequest& request, const MethodWorld& world);

}  // namespace tollgate::sandbox
