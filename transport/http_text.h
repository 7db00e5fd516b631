#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tollgate::transport {

// Small rules of HTTP text (RFC 9110), shared by the request reader, the router and the writers.

// Equal but for ASCII letter case.
bool same_word(std::string_view left, std::string_view right);

// One or more of the characters that method and header names are made of.
bool is_token(std::string_view text);

// A header value that cannot end its line or hide a part of it: no control character but the tab.
bool is_field_value(std::string_view text);

// Without the blanks and tabs at both ends.
std::string_view trimmed(std::string_view text);

// Whether a comma-separated list ("close, TE") names the word, in any letter case.
bool list_names(std::string_view list, std::string_view word);

// Each %XX replaced by its byte, once; '+' stays. Nothing when a '%' is not followed by two
// hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

// The number that a hexadecimal digit stands for, or -1.
int hex_value(char digit);

}  // namespace tollgate::transport
