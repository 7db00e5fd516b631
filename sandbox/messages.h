#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/form.h"
#include "sandbox/rsa.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// The body of a trade_status_sync notification (protocol notes 4.5): form-encoded, signed, in the
// charset of the paying request. `notify_id` names the notification over all its re-sends.
Result<std::string> notification_body(const Trade& trade, std::string_view notify_id,
                                      Timestamp notify_time, const PrivateKey& key);

// The address that the buyer's browser goes back to: return_url with the signed parameters of
// protocol notes 4.9; empty when the request had no return_url.
Result<std::string> return_address(const Trade& trade, Timestamp now, const PrivateKey& key);

// What the Alipay app hands to the merchant's app after paying: a signed JSON text.
std::string app_result(const Trade& trade, Timestamp now, const PrivateKey& key);

}  // namespace tollgate::sandbox
