#include "sandbox/form.h"

#include <algorithm>

namespace tollgate::sandbox {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Result<std::string> decode(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            bytes += ' ';
            continue;
        }
        if (text[i] != '%') {
            bytes += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            return Error(ErrorCode::invalid_argument, "a % without two hex digits");
        }
        bytes += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return bytes;
}

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

}  // namespace

Result<Fields> parse_form(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        if (fields.size() == kFieldsMax) {
            return Error(ErrorCode::invalid_argument, "too many parameters");
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        TOLLGATE_TRY(std::string name, decode(pair.substr(0, equals)));
        const auto rest = equals < pair.size() ? pair.substr(equals + 1) : std::string_view();
        TOLLGATE_TRY(std::string value, decode(rest));
        fields.push_back({.name = std::move(name), .value = std::move(value)});
    }
    return fields;
}

std::string encode_component(std::string_view bytes) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string text;
    for (const char c : bytes) {
        if (is_unreserved(c)) {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text += '%';
        text += kHex[byte / 16U];
        text += kHex[byte % 16U];
    }
    return text;
}

std::string to_form(const Fields& fields) {
    std::string text;
    for (const Field& field : fields) {
        if (!text.empty()) text += '&';
        text += encode_component(field.name) + '=' + encode_component(field.value);
    }
    return text;
}

std::string value_of(const Fields& fields, std::string_view name) {
    const auto found = std::ranges::find(fields, name, &Field::name);
    return found == fields.end() ? std::string() : found->value;
}

bool has_field(const Fields& fields, std::string_view name) {
    return std::ranges::find(fields, name, &Field::name) != fields.end();
}

}  // namespace tollgate::sandbox
