#include "base/trace_context.h"

#include <algorithm>
#include <cstddef>

namespace tollgate {
namespace {

constexpr std::size_t kTraceparentBytes = 55;  // Of version 00, and of the start of any other.
constexpr std::size_t kStateBytesMax = 1'024;
constexpr std::size_t kStateMembersMax = 32;
constexpr std::size_t kKeyBytesMax = 256;
constexpr std::size_t kTenantBytesMax = 241;  // Of tenant@system.
constexpr std::size_t kSystemBytesMax = 14;
constexpr std::size_t kValueBytesMax = 256;

// The standard has no upper-case digits.
int digit_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    return -1;
}

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return digit_value(c) >= 0; });
}

// False when it is no hexadecimal text of just this length.
bool read_bytes(std::string_view text, std::span<std::uint8_t> into) {
    if (text.size() != into.size() * 2 || !is_hex(text)) return false;
    for (std::size_t i = 0; i < into.size(); ++i) {
        into[i] =
            static_cast<std::uint8_t>(digit_value(text[2 * i]) * 16 + digit_value(text[2 * i + 1]));
    }
    return true;
}

// All zero stands for "none", which is no id.
bool read_id(std::string_view text, std::span<std::uint8_t> into) {
    return read_bytes(text, into) &&
           std::ranges::any_of(into, [](std::uint8_t byte) { return byte != 0; });
}

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_name(std::string_view text, std::size_t bytes_max, bool may_begin_with_digit) {
    if (text.empty() || text.size() > bytes_max) return false;
    if (!is_lower(text[0]) && !(may_begin_with_digit && is_digit(text[0]))) return false;
    return std::ranges::all_of(text, [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
    });
}

bool is_state_key(std::string_view key) {
    const std::size_t at = key.find('@');
    if (at == std::string_view::npos) return is_name(key, kKeyBytesMax, true);
    return is_name(key.substr(0, at), kTenantBytesMax, true) &&
           is_name(key.substr(at + 1), kSystemBytesMax, false);
}

bool is_state_value(std::string_view value) {
    return !value.empty() && value.size() <= kValueBytesMax && value.back() != ' ' &&
           std::ranges::all_of(value, [](char c) { return c >= 0x20 && c <= 0x7E && c != '='; });
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view header) {
    if (header.size() < kTraceparentBytes) return std::nullopt;
    if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
    const std::string_view version = header.substr(0, 2);
    if (!is_hex(version) || version == "ff") return std::nullopt;
    const bool longer = header.size() > kTraceparentBytes;
    if (longer && (version == "00" || header[kTraceparentBytes] != '-')) return std::nullopt;
    TraceContext context;
    std::array<std::uint8_t, 1> flags{};
    if (!read_id(header.substr(3, 32), context.trace_id) ||
        !read_id(header.substr(36, 16), context.span_id) ||
        !read_bytes(header.substr(53, 2), flags)) {
        return std::nullopt;
    }
    context.sampled = (flags[0] & 1U) != 0;
    return context;
}

bool is_tracestate(std::string_view list) {
    if (list.size() > kStateBytesMax) return false;
    std::size_t members = 0;
    for (;;) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view member = trimmed(list.substr(0, comma));
        // The standard lets members be empty.
        if (!member.empty()) {
            const std::size_t equals = member.find('=');
            if (equals == std::string_view::npos || ++members > kStateMembersMax) return false;
            if (!is_state_key(member.substr(0, equals))) return false;
            if (!is_state_value(member.substr(equals + 1))) return false;
        }
        if (comma == list.size()) return members > 0;
        list.remove_prefix(comma + 1);
    }
}

std::string to_traceparent(const TraceContext& context) {
    return "00-" + id_text(context.trace_id) + "-" + id_text(context.span_id) +
           (context.sampled ? "-01" : "-00");
}

std::string id_text(std::span<const std::uint8_t> id) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(id.size() * 2);
    for (const std::uint8_t byte : id) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

}  // namespace tollgate
