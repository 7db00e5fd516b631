#include "tunnel/card_mask.h"

#include <vector>

#include "transport/http_text.h"

namespace tollgate::tunnel {
namespace {

constexpr std::size_t kDigitsMin = 13;
constexpr std::size_t kDigitsMax = 19;
constexpr std::size_t kShownAtStart = 6;
constexpr std::size_t kShownAtEnd = 4;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "%20" of a body that is not decoded: its digits are no part of a number.
bool is_escape(std::string_view text) {
    return text.size() >= 3 && text[0] == '%' && transport::hex_value(text[1]) >= 0 &&
           transport::hex_value(text[2]) >= 0;
}

// Luhn's: from the right every second digit counts double.
bool check_digit_is_right(std::string_view digits) {
    int sum = 0;
    bool twice = false;
    for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
        int digit = *it - '0';
        if (twice) digit *= 2;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

bool is_card(std::string_view digits) {
    if (digits.size() < kDigitsMin || digits.size() > kDigitsMax) return false;
    const std::string_view first = digits.substr(0, 4);
    const bool known =
        (digits[0] >= '3' && digits[0] <= '6') || (first >= "2221" && first <= "2720");
    return known && check_digit_is_right(digits);
}

}  // namespace

std::string with_cards_masked(std::string_view text) {
    std::string masked(text);
    std::size_t at = 0;
    while (at < text.size()) {
        if (is_escape(text.substr(at))) {
            at += 3;
            continue;
        }
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        // A run of digits, single blanks or hyphens between groups included.
        std::vector<std::size_t> places;
        std::string digits;
        std::size_t end = at;
        for (; end < text.size(); ++end) {
            const char c = text[end];
            if (is_digit(c)) {
                places.push_back(end);
                digits += c;
                continue;
            }
            const bool joins = (c == ' ' || c == '-' || c == '+') && end + 1 < text.size() &&
                               is_digit(text[end + 1]);
            if (!joins) break;
        }
        if (is_card(digits)) {
            for (std::size_t i = kShownAtStart; i + kShownAtEnd < places.size(); ++i) {
                masked[places[i]] = '*';
            }
        }
        at = end;
    }
    return masked;
}

}  // namespace tollgate::tunnel
