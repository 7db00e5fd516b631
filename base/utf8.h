#pragma once

#include <cstddef>
#include <string_view>

namespace tollgate {

// Length in bytes (1 to 4) of the well-formed UTF-8 sequence at the start of text; 0 when there is
// none: a stray or missing continuation byte, an overlong form, a surrogate, above U+10FFFF.
std::size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// Number of characters (code points). Requires is_utf8(text).
std::size_t utf8_characters(std::string_view text);

}  // namespace tollgate
