#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/span.h"

namespace tollgate::testing {

// An attribute's value as text; "none" when the span has no such attribute.
inline std::string attribute(const SpanRecord& span, std::string_view name) {
    for (const auto& [found, value] : span.attributes) {
        if (found != name) continue;
        if (const auto* text = std::get_if<std::string>(&value)) return *text;
        return std::to_string(std::get<std::int64_t>(value));
    }
    return "none";
}

}  // namespace tollgate::testing
