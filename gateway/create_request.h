#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/money.h"
#include "config/json_reader.h"
#include "gateway/product.h"

namespace tollgate::gateway {

// POST /v1/payments, read and checked.
struct CreateRequest {
    const ProductInfo* product = nullptr;
    std::string app;
    std::string out_trade_no;
    Money amount;
    std::string subject;
    std::optional<std::string> order;
    std::optional<std::string> replaces;  // The payment that this one is instead of.
    std::string seller_id;                // Empty: the app's first.
    std::chrono::seconds expires_in{1800};
    std::optional<std::string> return_url;
    std::optional<std::string> passback_params;
    std::optional<std::string> metadata;  // JSON object.
    bool as_form = false;
    nlohmann::json wire = nlohmann::json::object();  // What goes into biz_content as it is.
    std::string fingerprint;  // The fields that make a repeat the same request, as JSON.
};

// The request, or every wrong field at once.
std::variant<CreateRequest, std::vector<config::Problem>> read_create_request(
    std::string_view body);

// The names of the fields in which two fingerprints differ, each as a problem of the request.
std::vector<config::Problem> differing_fields(const std::string& ours, const std::string& theirs);

}  // namespace tollgate::gateway
