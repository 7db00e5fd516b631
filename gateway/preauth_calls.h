#pragma once

#include <string>

#include "gateway/alipay_client.h"
#include "gateway/preauth_claim.h"

namespace tollgate::gateway {

// What is sent for one that is due. Every call of one kind is the same call under the same numbers,
// so that Alipay does it once, however often it is made.
AlipayClient::Call preauth_call(const DuePreauth& due, const std::string& id);

}  // namespace tollgate::gateway
