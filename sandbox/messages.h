#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/form.h"
#include "sandbox/rsa.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// The address that the buyer's browser goes back to: return_url with the signed parameters of
// protocol notes 4.9; empty when the request had no return_url.
Result<std::string> return_address(const Trade& trade, Timestamp now, const PrivateKey& key);

// What the Alipay app hands to the merchant's app after paying: a signed JSON text.
std::string app_result(const Trade& trade, Timestamp now, const PrivateKey& key);

}  // namespace tollgate::sandbox
