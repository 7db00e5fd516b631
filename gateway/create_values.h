#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "gateway/create_fields.h"

namespace tollgate::gateway {

// What is wrong with a value of POST /v1/payments by its field's rule, or empty. Pure.
std::string wrong_value(const FieldRule& rule, const nlohmann::json& value);

}  // namespace tollgate::gateway
