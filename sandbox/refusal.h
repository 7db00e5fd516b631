#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tollgate::sandbox {

// A refusal in Alipay's own words travels as an Error: its reason is the sub_code
// ("isv.invalid-signature", "ACQ.TRADE_NOT_EXIST"), its message the sub_msg.
Error refusal(std::string_view sub_code, std::string sub_msg, Here here = Here::current());

// The gateway's code and msg that go with a sub_code: "40002" and "Invalid Arguments".
struct GatewayCode {
    std::string_view code;
    std::string_view msg;
};
GatewayCode gateway_code_of(std::string_view sub_code);

}  // namespace tollgate::sandbox
