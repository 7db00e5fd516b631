#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tollgate {

// Writes a JSON object's members one after another: nothing here can fail or throw, and no tree is
// built.
class JsonObject {
public:
    JsonObject& text(std::string_view name, std::string_view value);
    JsonObject& maybe_text(std::string_view name, const std::optional<std::string>& value);
    JsonObject& time(std::string_view name, const std::optional<Timestamp>& at);
    JsonObject& number(std::string_view name, std::int64_t value);
    JsonObject& yes(std::string_view name, bool value);
    // A value that is JSON already.
    JsonObject& raw(std::string_view name, std::string_view json);
    std::string end() && { return std::move(json_) + "}"; }

private:
    std::string json_ = "{";
};

}  // namespace tollgate
