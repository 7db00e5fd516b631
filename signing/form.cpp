#include "signing/form.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace tollgate::signing {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";
// Outside the four bits of a hexadecimal digit, so that an OR of two digits shows it.
constexpr std::uint8_t kNoHexDigit = 0x80;

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(kNoHexDigit);
    for (std::uint8_t i = 0; i < 10; ++i) values['0' + i] = i;
    for (std::uint8_t i = 0; i < 6; ++i) {
        values['a' + i] = static_cast<std::uint8_t>(10 + i);
        values['A' + i] = static_cast<std::uint8_t>(10 + i);
    }
    return values;
}();

constexpr std::array<bool, 256> kUnreserved = [] {
    std::array<bool, 256> unreserved{};
    constexpr std::string_view kKept =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (const char c : kKept) unreserved[static_cast<unsigned char>(c)] = true;
    return unreserved;
}();

enum class Plus { is_space, is_plus };

Error malformed_form(const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, what, here).because("form_malformed");
}

// Bytes up to the first that means something else than itself. A plain loop: find_first_of calls a
// function for each byte, and this runs over every byte of every notification.
std::size_t plain_length(std::string_view text, Plus plus) {
    std::size_t length = 0;
    while (length < text.size() && text[length] != '%' &&
           (text[length] != '+' || plus == Plus::is_plus)) {
        ++length;
    }
    return length;
}

Result<std::string> decode(std::string_view text, Plus plus) {
    const std::size_t plain = plain_length(text, plus);
    std::string bytes(text);
    if (plain == text.size()) return bytes;
    char* out = bytes.data() + plain;
    const char* const end = text.data() + text.size();
    for (const char* in = text.data() + plain; in != end; ++in) {
        if (*in != '%') {
            *out++ = *in == '+' && plus == Plus::is_space ? ' ' : *in;
            continue;
        }
        if (end - in < 3) return malformed_form("a '%' without two digits after it");
        const std::uint8_t high = kHexValues[static_cast<unsigned char>(in[1])];
        const std::uint8_t low = kHexValues[static_cast<unsigned char>(in[2])];
        if (((high | low) & kNoHexDigit) != 0)
            return malformed_form("a '%' without two hex digits");
        *out++ = static_cast<char>(static_cast<unsigned char>(high << 4U | low));
        in += 2;
    }
    bytes.resize(static_cast<std::size_t>(out - bytes.data()));
    return bytes;
}

void append_encoded(std::string& text, std::string_view bytes) {
    const std::size_t before = text.size();
    text.resize(before + bytes.size() * 3);
    char* out = text.data() + before;
    for (const char c : bytes) {
        const auto value = static_cast<unsigned char>(c);
        if (kUnreserved[value]) {
            *out++ = c;
            continue;
        }
        *out++ = '%';
        *out++ = kUpperHex[value >> 4U];
        *out++ = kUpperHex[value & 0x0FU];
    }
    text.resize(static_cast<std::size_t>(out - text.data()));
}

}  // namespace

Result<Fields> decode_form(std::string_view body) {
    Fields fields;
    const auto pieces = static_cast<std::size_t>(std::ranges::count(body, '&')) + 1;
    fields.reserve(std::min(pieces, kFormFieldsMax));
    while (!body.empty()) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view piece = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (piece.empty()) continue;
        const std::size_t equals = std::min(piece.find('='), piece.size());
        const std::string_view raw_value = piece.substr(std::min(equals + 1, piece.size()));
        TOLLGATE_TRY(std::string name, decode(piece.substr(0, equals), Plus::is_space));
        TOLLGATE_TRY(std::string value, decode(raw_value, Plus::is_space));
        if (name.empty()) return malformed_form("a value without a name");
        if (fields.size() == kFormFieldsMax) {
            return Error(ErrorCode::invalid_argument, "too many fields in one form")
                .because("form_too_many_fields");
        }
        if (find(fields, name)) {
            return Error(ErrorCode::invalid_argument, "one name stands twice in the form")
                .because("form_duplicate_name");
        }
        fields.emplace_back(std::move(name), std::move(value));
    }
    return fields;
}

std::string encode_form(const Fields& fields) {
    std::size_t size = 0;
    for (const auto& [name, value] : fields) size += (name.size() + value.size()) * 3 + 2;
    std::string text;
    text.reserve(size);
    for (const auto& [name, value] : fields) {
        if (!text.empty()) text += '&';
        append_encoded(text, name);
        text += '=';
        append_encoded(text, value);
    }
    return text;
}

std::string percent_encode(std::string_view bytes) {
    std::string text;
    append_encoded(text, bytes);
    return text;
}

Result<std::string> percent_decode(std::string_view text) {
    return decode(text, Plus::is_plus);
}

}  // namespace tollgate::signing
