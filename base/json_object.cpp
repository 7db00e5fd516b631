#include "base/json_object.h"

#include "base/log.h"
#include "base/time_text.h"

namespace tollgate {

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
    json_ += json_.size() > 1 ? ",\"" : "\"";
    json_ += name;
    json_ += "\":";
    json_ += json;
    return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
    raw(name, "");
    append_json_string(json_, value);
    return *this;
}

JsonObject& JsonObject::maybe_text(std::string_view name, const std::optional<std::string>& value) {
    return value ? text(name, std::string_view(*value)) : raw(name, "null");
}

JsonObject& JsonObject::time(std::string_view name, const std::optional<Timestamp>& at) {
    return at ? text(name, to_rfc3339(*at)) : raw(name, "null");
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
    return raw(name, std::to_string(value));
}

JsonObject& JsonObject::yes(std::string_view name, bool value) {
    return raw(name, value ? "true" : "false");
}

}  // namespace tollgate
