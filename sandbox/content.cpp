#include "sandbox/content.h"

#include <algorithm>

namespace tollgate::sandbox {

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::string canonical_content(const Fields& fields, ContentRule rule) {
    Fields kept;
    for (const Field& field : fields) {
        if (field.name == "sign" || is_blank(field.name) || is_blank(field.value)) continue;
        if (field.name == "sign_type" && rule == ContentRule::notification) continue;
        kept.push_back(field);
    }
    std::ranges::stable_sort(kept, {}, &Field::name);
    std::string content;
    for (const Field& field : kept) {
        if (!content.empty()) content += '&';
        content += field.name + '=' + field.value;
    }
    return content;
}

}  // namespace tollgate::sandbox
