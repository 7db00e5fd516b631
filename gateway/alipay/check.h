#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "config/json_reader.h"
#include "gateway/alipay/method.h"

namespace tollgate::gateway {

struct CheckMoment {
    Timestamp now;
    // The first call named a time_expire that may be nearer than a minute by now, or over; the
    // repeat must name the same, and hears from Alipay what that means.
    bool is_repeat = false;
};

// Every mistake of a method's fields at once, each with its place ("/refund_amount"): what is
// unknown, missing, too long, of the wrong characters or out of its range. Alipay would say so too,
// but one mistake at a time, in a failure that may be unsigned. Pure.
std::vector<config::Problem> check_fields(const Method& method, const nlohmann::json& fields,
                                          CheckMoment moment);

// The same as an error: invalid_argument, reason "call_not_valid", naming all of them.
Result<Done> checked(const Method& method, const nlohmann::json& fields, CheckMoment moment);

// 2088 and twelve digits.
bool is_user_id(std::string_view text);
// Protocol notes 9.6: 16 to 24 digits that begin with 25 to 30, or "fp" and 33 more.
bool is_auth_code(std::string_view text);

}  // namespace tollgate::gateway
