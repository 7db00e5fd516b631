#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "callbacks/app.h"
#include "config/json_reader.h"
#include "gateway/problem.h"
#include "ledger/payment.h"

namespace tollgate::gateway {

// What Alipay's SDK inside the shop's app gave back, and the app sent on (protocol notes 3.6, 4.9).
struct AppResult {
    std::string result_status;  // "9000"
    std::string result;         // Signed by Alipay; empty when the buyer gave up, say.
};

// The body of POST /v1/payments/{id}/app-result: Alipay's {resultStatus, result, memo} as it is. Or
// every mistake at once.
std::variant<AppResult, std::vector<config::Problem>> read_app_result(std::string_view body);

// Nothing when the result is Alipay's word about this payment, or is empty and so says nothing;
// else what is wrong with it. It has come through the buyer's phone: even a good one never proves
// that he has paid.
std::optional<ApiProblem> judge_app_result(const AppResult& result, const ledger::Payment& payment,
                                           const callbacks::App& app);

// What a resultStatus means: "done", "processing", "failed", "cancelled", … or "unknown".
std::string_view meaning_of_result_status(std::string_view result_status);

}  // namespace tollgate::gateway
