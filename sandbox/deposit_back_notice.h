#pragma once

#include <string>

#include "sandbox/notice.h"

namespace tollgate::sandbox {

// alipay.trade.refund.depositback.completed (protocol notes 4.6 and 4.10): to the application
// gateway, once the buyer's bank has answered. Requires a refund with a deposit_back.
Notice deposit_back_notice(const Trade& trade, const Refund& refund, const std::string& url);

}  // namespace tollgate::sandbox
