#pragma once

#include "sandbox/methods.h"

namespace tollgate::sandbox {

// The methods that ask about a trade or end it (protocol notes 9.7 to 9.9).
Run query(const SignedRequest& request, const MethodWorld& world);
Run close(const SignedRequest& request, const MethodWorld& world);
Run cancel(const SignedRequest& request, const MethodWorld& world);

// The merchant's trade that trade_no (which wins) or out_trade_no of biz_content names. Refusals:
// ACQ.INVALID_PARAMETER, ACQ.TRADE_NOT_EXIST.
Result<const Trade*> named_trade(const SignedRequest& request, const MethodWorld& world);

// Who pays, as every answer about a trade tells it: by user_id or, without one, by open_id.
void add_buyer(Json& node, const Buyer& buyer);

}  // namespace tollgate::sandbox
