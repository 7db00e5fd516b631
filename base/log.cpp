#include "base/log.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include <unistd.h>

#include "base/check.h"
#include "base/time_text.h"
#include "base/tracer.h"
#include "base/utf8.h"

namespace tollgate {
namespace {

// In a JSON string.
bool stands_for_itself(char c) {
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

void append_value(std::string& line, const LogField& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        append_json_string(line, text->substr(0, Log::kFieldBytesMax));
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line += std::to_string(*number);
    } else {
        line += std::get<bool>(field.value) ? "true" : "false";
    }
}

void append_trace_id(std::string& line, const Tracer& tracer,
                     std::initializer_list<LogField> fields) {
    for (const LogField& field : fields) {
        const auto* text = std::get_if<std::string_view>(&field.value);
        if (field.name != "request_id" || text == nullptr) continue;
        const std::string id = tracer.trace_id_of(*text);
        if (!id.empty()) line += R"(,"trace_id":")" + id + '"';
        return;
    }
}

}  // namespace

std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return "debug";
        case LogLevel::info: return "info";
        case LogLevel::warning: return "warning";
        case LogLevel::error: return "error";
    }
    TOLLGATE_CHECK(false);
    return {};
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (level < least_.load(std::memory_order_relaxed)) return;
    std::string line = R"({"ts":")" + to_rfc3339(clock_.now()) + R"(","level":")";
    line += name_of(level);
    line += R"(","event":)";
    append_json_string(line, event);
    for (const LogField& field : fields) {
        line += ',';
        append_json_string(line, field.name);
        line += ':';
        append_value(line, field);
    }
    if (const Tracer* tracer = tracer_.load()) append_trace_id(line, *tracer, fields);
    line += "}\n";
    const auto written = ::write(descriptor_, line.data(), line.size());
    static_cast<void>(written);  // Nobody is left to be told.
}

void append_json_string(std::string& json, std::string_view text) {
    json += '"';
    while (true) {
        // Nearly everything is plain, and goes over in one piece.
        const auto* const special = std::ranges::find_if_not(text, stands_for_itself);
        json.append(text.begin(), special);
        text.remove_prefix(static_cast<std::size_t>(special - text.begin()));
        if (text.empty()) break;
        const auto lead = static_cast<unsigned char>(text.front());
        const std::size_t length = utf8_length(text);
        if (length == 0) {
            json += "\xEF\xBF\xBD";
            text.remove_prefix(1);
            continue;
        }
        if (lead == '"' || lead == '\\') {
            json += '\\';
            json += text.front();
        } else if (lead < 0x20 || lead == 0x7F) {
            std::array<char, 8> escape{};
            static_cast<void>(std::snprintf(escape.data(), escape.size(), "\\u%04x", lead));
            json += escape.data();
        } else {
            json += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    json += '"';
}

std::string mask(std::string_view text) {
    if (text.size() <= 4) return std::string(text.size(), '*');
    return std::string(text.substr(0, 2)) + "****" + std::string(text.substr(text.size() - 2));
}

}  // namespace tollgate
