#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "callbacks/app.h"
#include "gateway/doctor/finding.h"
#include "transport/http_client.h"

namespace tollgate::gateway {

// What the answer to a query of an order number that cannot exist says about an app: that Alipay
// knows it and believes its signature, that we believe Alipay's, or which of these is not so. Pure.
Finding judge_query(const callbacks::App& app, const std::string& where,
                    const Result<transport::ClientReply>& reply);

// A gateway's failure code in words, "isv.invalid-signature"; general words for one that we do not
// know. Lives for ever.
Advice explain_gateway_code(std::string_view sub_code);

}  // namespace tollgate::gateway
