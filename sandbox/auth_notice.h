#pragma once

#include "sandbox/auth_order.h"
#include "sandbox/notice.h"

namespace tollgate::sandbox {

// notify_type fund_auth_freeze or fund_auth_unfreeze (protocol notes 4.10): goes to the notify_url
// of the call that asked for the operation.
Notice auth_notice(const AuthOrder& auth, const Operation& operation);

}  // namespace tollgate::sandbox
