#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tollgate::signing {

// The parameters of a request or a notification, decoded, in the order they came. Values are bytes
// in whatever charset the sender used: transcoding before a check would break the signature.
using Fields = std::vector<std::pair<std::string, std::string>>;

// The value of `name`, valid while `fields` is unchanged; the first one should it stand twice
// (decode_form refuses that).
std::optional<std::string_view> find(const Fields& fields, std::string_view name);

}  // namespace tollgate::signing
