#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tollgate::signing {

// One member of a JSON object: its name as text, its value as the very bytes that stood there, for
// a signature covers bytes and not what a parser makes of them.
struct JsonMember {
    std::string name;
    std::string_view value;  // Points into the scanned text. Strings keep both quotes.
};

inline constexpr std::size_t kJsonMembersMax = 64;
inline constexpr std::size_t kJsonDepthMax = 64;

// The members of the one object that `text` holds, in their order, repeated names included. White
// space is allowed around everything, anything else behind the object is not. Inside values only
// strings and brackets are followed: whoever reads a value parses it properly.
// Errors: invalid_argument, reason "json_malformed".
Result<std::vector<JsonMember>> scan_json_object(std::string_view text);

// The text of a JSON string that is given with both quotes; \u escapes become UTF-8.
// Errors: invalid_argument, reason "json_malformed".
Result<std::string> decode_json_string(std::string_view quoted);

}  // namespace tollgate::signing
