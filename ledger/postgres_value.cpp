#include "base/utf8.h"
#include "ledger/postgres_connection.h"

namespace tollgate::ledger {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string storable(std::string_view text) {
    if (text.find('\0') == std::string_view::npos && is_utf8(text)) return std::string(text);
    std::string made;
    while (!text.empty()) {
        const std::size_t length = text.front() == '\0' ? 0 : utf8_length(text);
        made += length == 0 ? kReplacement : text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return made;
}

void append_quoted(std::string& array, std::string_view text) {
    array += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') array += '\\';
        array += c;
    }
    array += '"';
}

}  // namespace

PostgresValue::PostgresValue(std::string_view text) : text_(storable(text)) {}

PostgresValue::PostgresValue(const std::optional<std::string>& text) {
    if (text) text_ = storable(*text);
}

PostgresValue::PostgresValue(const std::optional<std::string_view>& text) {
    if (text) text_ = storable(*text);
}

PostgresValue::PostgresValue(const std::optional<std::int64_t>& number) {
    if (number) text_ = std::to_string(*number);
}

PostgresValue PostgresValue::bytes(std::string_view raw) {
    PostgresValue value;
    value.text_ = std::string(raw);
    value.binary_ = true;
    return value;
}

PostgresValue PostgresValue::array(const std::vector<std::string>& texts) {
    PostgresValue value;
    std::string array = "{";
    for (const std::string& text : texts) {
        if (array.size() > 1) array += ',';
        append_quoted(array, storable(text));
    }
    value.text_ = array + "}";
    return value;
}

PostgresValue PostgresValue::array(const std::vector<std::int64_t>& numbers) {
    PostgresValue value;
    std::string array = "{";
    for (const std::int64_t number : numbers) {
        if (array.size() > 1) array += ',';
        array += std::to_string(number);
    }
    value.text_ = array + "}";
    return value;
}

}  // namespace tollgate::ledger
