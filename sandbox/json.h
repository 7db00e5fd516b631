#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace tollgate::sandbox {

// Members keep their order: Alipay's answers put code and msg first.
using Json = nlohmann::ordered_json;

// Errors: invalid_argument when the text is not one JSON object, or nests deeper than
// kJsonDepthMax: whoever copies or writes a tree calls himself once a level.
inline constexpr int kJsonDepthMax = 32;
Result<Json> parse_object(std::string_view text);

// The JSON text. Bytes that are not UTF-8 become U+FFFD instead of an exception.
std::string to_text(const Json& json);

// The member, when `json` is an object that has it.
const Json* member(const Json& json, std::string_view name);
std::optional<std::string> text_member(const Json& json, std::string_view name);
std::optional<std::int64_t> integer_member(const Json& json, std::string_view name);

}  // namespace tollgate::sandbox
