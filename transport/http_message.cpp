#include "transport/http_message.h"

#include <algorithm>

namespace tollgate::transport {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

std::optional<std::string_view> find_header(const HeaderList& headers, std::string_view name) {
    for (const auto& [header, value] : headers) {
        if (same_name(header, name)) return value;
    }
    return std::nullopt;
}

}  // namespace tollgate::transport
