#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "signing/fields.h"

namespace tollgate::signing {

// Alipay's largest known notification has about fifty; more is somebody trying our patience.
inline constexpr std::size_t kFormFieldsMax = 200;

// Decodes an application/x-www-form-urlencoded body exactly ONCE, from its raw bytes: '+' is a
// space and %XX a byte (protocol notes 4.2.1). Values keep the sender's charset; an empty value and
// a name without '=' are allowed, empty pieces between two '&' are skipped.
// Errors, all invalid_argument: "form_malformed" for a broken escape or an empty name,
// "form_duplicate_name" (none is ever sent twice, protocol notes 4.2.8), "form_too_many_fields".
Result<Fields> decode_form(std::string_view body);

// name=value pairs joined by '&', each part through percent_encode; the order is kept. Good for a
// query, a form body and the app order string alike (protocol notes 1.3).
std::string encode_form(const Fields& fields);

// RFC 3986: letters, digits and "-._~" stay, every other byte becomes %XX in upper case, so that a
// space is %20 and never '+'.
std::string percent_encode(std::string_view bytes);

// The reverse for %XX alone: a '+' stays a '+'. Errors: invalid_argument, "form_malformed".
Result<std::string> percent_decode(std::string_view text);

}  // namespace tollgate::signing
