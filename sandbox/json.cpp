#include "sandbox/json.h"

namespace tollgate::sandbox {
namespace {

// Before it is parsed: a parser that watches the depth looks at each level's members again.
bool nests_too_deep(std::string_view text) {
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text && c == '\\') {
            ++i;
        } else if (c == '"') {
            in_text = !in_text;
        } else if (!in_text && (c == '{' || c == '[')) {
            if (++depth > kJsonDepthMax) return true;
        } else if (!in_text && (c == '}' || c == ']')) {
            --depth;
        }
    }
    return false;
}

}  // namespace

Result<Json> parse_object(std::string_view text) {
    constexpr bool kThrow = false;
    if (nests_too_deep(text)) {
        return Error(ErrorCode::invalid_argument, "JSON that is nested too deep");
    }
    const Json json = Json::parse(text, nullptr, kThrow);
    if (json.is_discarded() || !json.is_object()) {
        return Error(ErrorCode::invalid_argument, "not a JSON object");
    }
    return json;
}

std::string to_text(const Json& json) {
    constexpr int kNoIndent = -1;
    return json.dump(kNoIndent, ' ', false, Json::error_handler_t::replace);
}

const Json* member(const Json& json, std::string_view name) {
    if (!json.is_object()) return nullptr;
    const auto found = json.find(std::string(name));
    return found == json.end() ? nullptr : &*found;
}

std::optional<std::string> text_member(const Json& json, std::string_view name) {
    const Json* value = member(json, name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return value->get_ref<const std::string&>();
}

std::optional<std::int64_t> integer_member(const Json& json, std::string_view name) {
    const Json* value = member(json, name);
    if (value == nullptr || !value->is_number_integer()) return std::nullopt;
    return value->get<std::int64_t>();
}

}  // namespace tollgate::sandbox
