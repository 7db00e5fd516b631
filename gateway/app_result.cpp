#include "gateway/app_result.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "signing/app_result.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kResultBytesMax = 32 * 1024;
constexpr std::string_view kMethod = "alipay.trade.app.pay";

ApiProblem unprocessable(const char* code, std::string title, const ledger::Payment& payment) {
    return {.status = 422, .code = code, .title = std::move(title), .payment_id = payment.id};
}

std::string text_of(const Json& node, const char* name) {
    const auto value = node.find(name);
    return value != node.end() && value->is_string() ? value->get<std::string>() : "";
}

// The first thing in the verified node that is about another payment, or nothing.
std::string_view mismatch(const Json& node, const ledger::Payment& payment,
                          const callbacks::App& app) {
    if (text_of(node, "out_trade_no") != payment.out_trade_no) return "out_trade_no";
    if (const auto id = text_of(node, "app_id"); !id.empty() && id != app.app_id) return "app_id";
    const auto seller = text_of(node, "seller_id");
    if (!seller.empty() && seller != payment.seller_id) return "seller_id";
    const auto amount = text_of(node, "total_amount");
    if (!amount.empty() && Money::parse_yuan(amount).value_or(Money()) != payment.amount) {
        return "total_amount";
    }
    const auto trade_no = text_of(node, "trade_no");
    if (payment.trade_no && !trade_no.empty() && trade_no != *payment.trade_no) return "trade_no";
    return {};
}

// Reads one text member; `most` in bytes. Null and absence are the empty text.
std::string read_text(const Json& json, const char* name, std::size_t most,
                      std::vector<config::Problem>& problems) {
    const auto value = json.find(name);
    if (value == json.end() || value->is_null()) return {};
    if (!value->is_string() || value->get_ref<const std::string&>().size() > most) {
        problems.push_back({.where = std::string("/") + name,
                            .what = "must be a text of up to " + std::to_string(most) + " bytes"});
        return {};
    }
    return value->get<std::string>();
}

}  // namespace

std::variant<AppResult, std::vector<config::Problem>> read_app_result(std::string_view body) {
    std::vector<config::Problem> problems;
    const auto json = config::parse_json(body, config::Comments::refused, problems);
    if (!json) return problems;
    if (!json->is_object()) {
        return std::vector<config::Problem>{{.where = "/", .what = "must be a JSON object"}};
    }
    for (const auto& [name, unused] : json->items()) {
        if (name == "resultStatus" || name == "result" || name == "memo") continue;
        problems.push_back({.where = "/" + name,
                            .what = "is no member of what Alipay's SDK gives: send that as it is"});
    }
    AppResult result{.result_status = read_text(*json, "resultStatus", 8, problems),
                     .result = read_text(*json, "result", kResultBytesMax, problems)};
    static_cast<void>(read_text(*json, "memo", kResultBytesMax, problems));
    const auto status_named = std::ranges::find(problems, "/resultStatus", &config::Problem::where);
    if (result.result_status.empty() && status_named == problems.end()) {
        problems.push_back({.where = "/resultStatus", .what = "is missing"});
    }
    if (result.result.empty() && result.result_status == "9000" && problems.empty()) {
        problems.push_back({.where = "/result", .what = "is missing, though resultStatus is 9000"});
    }
    if (!problems.empty()) return problems;
    return result;
}

std::optional<ApiProblem> judge_app_result(const AppResult& result, const ledger::Payment& payment,
                                           const callbacks::App& app) {
    if (payment.product != "app") {
        ApiProblem problem = unprocessable(
            "not_an_app_payment", "Only payments of product \"app\" have such a result", payment);
        problem.status = 409;
        return problem;
    }
    if (result.result.empty()) return std::nullopt;
    const auto node_text = signing::verify_app_result(result.result, kMethod, app.alipay);
    if (!node_text) {
        return unprocessable("app_result_unverified",
                             "Alipay did not sign this result (" + node_text.error().reason() +
                                 "): the app must send `result` on exactly as the SDK gave it",
                             payment);
    }
    constexpr bool kThrow = false;
    const Json node = Json::parse(*node_text, nullptr, kThrow);
    const std::string_view other = node.is_object() ? mismatch(node, payment, app) : "result";
    if (other.empty()) return std::nullopt;
    return unprocessable(
        "app_result_mismatch",
        "Alipay's result is about something else: its " + std::string(other) + " differs", payment);
}

std::string_view meaning_of_result_status(std::string_view result_status) {
    if (result_status == "9000") return "done";
    if (result_status == "8000") return "processing";
    if (result_status == "4000") return "failed";
    if (result_status == "5000") return "repeated";
    if (result_status == "6001") return "cancelled";
    if (result_status == "6002") return "network";
    return "unknown";
}

}  // namespace tollgate::gateway
