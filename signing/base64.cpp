#include "signing/base64.h"

#include <array>
#include <cstdint>

namespace tollgate::signing {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// Outside the six bits of a digit, so that one OR over a group finds any bad character in it.
constexpr std::uint8_t kNoDigit = 0x80;

constexpr std::array<std::uint8_t, 256> kDigits = [] {
    std::array<std::uint8_t, 256> digits{};
    digits.fill(kNoDigit);
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
        digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return digits;
}();

enum class UnusedBits { must_be_zero, ignored };

Error not_base64(Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, "not standard base64", here).because("not_base64");
}

std::uint32_t digit(char c) {
    return kDigits[static_cast<unsigned char>(c)];
}

char byte(std::uint32_t value) {
    return static_cast<char>(static_cast<unsigned char>(value & 0xFFU));
}

// `digits` without its padding.
Result<std::string> decode(std::string_view digits, UnusedBits unused) {
    const std::size_t rest = digits.size() % 4;
    if (rest == 1) return not_base64();
    std::string bytes(digits.size() / 4 * 3 + (rest == 0 ? 0 : rest - 1), '\0');
    std::size_t out = 0;
    std::size_t in = 0;
    std::uint32_t bad = 0;
    for (; in + 4 <= digits.size(); in += 4) {
        const std::uint32_t a = digit(digits[in]);
        const std::uint32_t b = digit(digits[in + 1]);
        const std::uint32_t c = digit(digits[in + 2]);
        const std::uint32_t d = digit(digits[in + 3]);
        bad |= a | b | c | d;
        const std::uint32_t group = a << 18U | b << 12U | c << 6U | d;
        bytes[out++] = byte(group >> 16U);
        bytes[out++] = byte(group >> 8U);
        bytes[out++] = byte(group);
    }
    if (rest != 0) {
        const std::uint32_t a = digit(digits[in]);
        const std::uint32_t b = digit(digits[in + 1]);
        const std::uint32_t c = rest == 3 ? digit(digits[in + 2]) : 0;
        bad |= a | b | c;
        const std::uint32_t group = a << 18U | b << 12U | c << 6U;
        bytes[out++] = byte(group >> 16U);
        if (rest == 3) bytes[out++] = byte(group >> 8U);
        const std::uint32_t left_over = rest == 3 ? group & 0xFFU : group & 0xFFFFU;
        if (unused == UnusedBits::must_be_zero && left_over != 0) return not_base64();
    }
    if ((bad & kNoDigit) != 0) return not_base64();
    return bytes;
}

std::string_view without_padding(std::string_view text) {
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    return text;
}

}  // namespace

std::string to_base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4, '=');
    std::size_t out = 0;
    for (std::size_t in = 0; in < bytes.size(); in += 3) {
        const std::size_t count = bytes.size() - in < 3 ? bytes.size() - in : 3;
        std::uint32_t group = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            group = group << 8U | (i < count ? static_cast<unsigned char>(bytes[in + i]) : 0U);
        }
        for (std::size_t i = 0; i <= count; ++i) {
            text[out + i] = kAlphabet[group >> (18U - 6U * static_cast<unsigned>(i)) & 0x3FU];
        }
        out += 4;
    }
    return text;
}

Result<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return not_base64();
    return decode(without_padding(text), UnusedBits::must_be_zero);
}

Result<std::string> from_loose_base64(std::string_view text) {
    return decode(without_padding(text), UnusedBits::ignored);
}

}  // namespace tollgate::signing
