#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tollgate::sandbox {

// One parameter of a query or a form, decoded once. Values are bytes in whatever charset was sent.
struct Field {
    std::string name;
    std::string value;

    friend bool operator==(const Field&, const Field&) = default;
};
using Fields = std::vector<Field>;

constexpr std::size_t kFieldsMax = 200;

// Decodes exactly once: '+' is a space, %XX a byte. Repeats and empty values are kept, in order.
// Errors: invalid_argument for a broken %XX or more than kFieldsMax parameters.
Result<Fields> parse_form(std::string_view text);

// Everything but A-Z a-z 0-9 - . _ ~ becomes %XX.
std::string encode_component(std::string_view bytes);

// The fields as a form body or a query.
std::string to_form(const Fields& fields);

// The first value of that name; empty text when there is none.
std::string value_of(const Fields& fields, std::string_view name);
bool has_field(const Fields& fields, std::string_view name);

}  // namespace tollgate::sandbox
