#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tollgate::signing {

// Standard alphabet, padded, one line (RFC 4648, section 4).
std::string to_base64(std::string_view bytes);

// The only spelling that to_base64 writes: no white space, padded, unused bits zero. One text for
// one value means that a signature cannot be changed and stay valid.
// Errors: invalid_argument, reason "not_base64".
Result<std::string> from_base64(std::string_view text);

// For secrets that people typed or other tools made: padding may be missing and the unused last
// bits are ignored, as the webhook libraries do. Never for signatures.
// Errors: invalid_argument, reason "not_base64".
Result<std::string> from_loose_base64(std::string_view text);

}  // namespace tollgate::signing
