#include "sandbox/json.h"

namespace tollgate::sandbox {

Result<Json> parse_object(std::string_view text) {
    constexpr bool kThrow = false;
    bool too_deep = false;
    const auto keep = [&too_deep](int levels_around, Json::parse_event_t event, const Json&) {
        using Event = Json::parse_event_t;
        const bool begins = event == Event::object_start || event == Event::array_start;
        too_deep = too_deep || (begins && levels_around >= kJsonDepthMax);
        return !too_deep;
    };
    Json json = Json::parse(text, keep, kThrow);
    if (too_deep) return Error(ErrorCode::invalid_argument, "JSON that is nested too deep");
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
