#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "ledger/payment.h"
#include "transport/http_message.h"

namespace tollgate::gateway {

// An action is handed out only as long as the buyer has at least this long to use it.
inline constexpr std::chrono::seconds kActionLeft{60};

// The payment with its action, as the API shows it: {…payment…,"action":{…}}; "action":null with
// "action_withheld":"<why>" when none is handed out (any more).
std::string payment_answer_json(const ledger::Payment& payment,
                                const std::optional<std::string>& action, Timestamp now);

transport::ServerResponse json_response(int status, std::string json);

// {"type":"redirect","url":…} and its like.
std::string action_json(std::string_view type, std::string_view member, std::string_view value);

}  // namespace tollgate::gateway
