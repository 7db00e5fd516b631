#include "sandbox/base64.h"

#include <cstdint>

namespace tollgate::sandbox {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::uint32_t group =
            byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
        text += kAlphabet[group >> 18U & 63U];
        text += kAlphabet[group >> 12U & 63U];
        text += i + 1 < bytes.size() ? kAlphabet[group >> 6U & 63U] : '=';
        text += i + 2 < bytes.size() ? kAlphabet[group & 63U] : '=';
    }
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    const Error refused(ErrorCode::invalid_argument, "not base64");
    std::string_view digits = text;
    while (digits.ends_with('=')) digits.remove_suffix(1);
    const std::size_t padding = text.size() - digits.size();
    if (digits.size() % 4 == 1) return refused;
    if (padding > 0 && (text.size() % 4 != 0 || padding > 2)) return refused;
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : digits) {
        const std::size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos) return refused;
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes += static_cast<char>(bits >> held & 255U);
        }
    }
    if ((bits & ((1U << held) - 1U)) != 0) return refused;
    return bytes;
}

}  // namespace tollgate::sandbox
