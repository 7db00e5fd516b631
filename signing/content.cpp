#include "signing/content.h"

#include <algorithm>
#include <concepts>

namespace tollgate::signing {
namespace {

using Field = Fields::value_type;

std::string joined(const Fields& fields, std::predicate<const Field&> auto takes_part) {
    std::vector<const Field*> parts;
    parts.reserve(fields.size());
    std::size_t size = 0;
    for (const Field& field : fields) {
        if (!takes_part(field)) continue;
        parts.push_back(&field);
        size += field.first.size() + field.second.size() + 2;
    }
    // std::string compares bytes as unsigned, which is the order that Alipay means.
    std::ranges::sort(parts, {},
                      [](const Field* field) -> const std::string& { return field->first; });
    std::string text;
    text.reserve(size);
    for (const Field* field : parts) {
        if (!text.empty()) text += '&';
        text += field->first;
        text += '=';
        text += field->second;
    }
    return text;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

}  // namespace

std::string request_content(const Fields& fields) {
    return joined(fields, [](const Field& field) {
        return field.first != "sign" && !is_blank(field.first) && !is_blank(field.second);
    });
}

std::string notification_content(const Fields& fields) {
    return joined(fields, [](const Field& field) {
        return !field.second.empty() && field.first != "sign" && field.first != "sign_type";
    });
}

std::string notification_content_v2(const Fields& fields) {
    return joined(fields, [](const Field& field) { return field.first != "sign"; });
}

}  // namespace tollgate::signing
