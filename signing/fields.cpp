#include "signing/fields.h"

namespace tollgate::signing {

std::optional<std::string_view> find(const Fields& fields, std::string_view name) {
    for (const auto& [field, value] : fields) {
        if (field == name) return value;
    }
    return std::nullopt;
}

}  // namespace tollgate::signing
