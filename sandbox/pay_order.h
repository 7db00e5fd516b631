#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/signed_request.h"
#include "sandbox/trade.h"

namespace tollgate::sandbox {

// What biz_content of a paying method may hold beyond the fields that all of them share.
struct PayRules {
    std::vector<std::string_view> product_codes;  // Allowed ones; the first is the default.
    bool product_code_needed = false;
    std::vector<std::string_view> more_fields;
    std::chrono::hours default_window{15 * 24};  // Without time_expire and timeout_express.
    std::chrono::minutes least_window{1};        // A shorter timeout_express counts as this.
};

// Reads and checks the order of a paying request (protocol notes 9.0 to 9.4), field by field.
// Refusals: ACQ.INVALID_PARAMETER naming the field, ACQ.TOTAL_FEE_EXCEED.
Result<PayOrder> read_pay_order(const SignedRequest& request, const PayRules& rules);

}  // namespace tollgate::sandbox
