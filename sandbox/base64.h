#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tollgate::sandbox {

// Standard alphabet, padded, one line.
std::string to_base64(std::string_view bytes);

// Standard alphabet; padding may be missing altogether but must be right where it stands.
// Errors: invalid_argument for any other character and for spare bits that are not zero.
Result<std::string> from_base64(std::string_view text);

}  // namespace tollgate::sandbox
