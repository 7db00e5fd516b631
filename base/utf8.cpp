#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace tollgate {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

bool continues(std::string_view text, std::size_t from, std::size_t to) {
    if (text.size() < to) return false;
    for (std::size_t at = from; at < to; ++at) {
        if ((byte_at(text, at) & 0xC0U) != 0x80U) return false;
    }
    return true;
}

// How many bytes the words of ASCII take that it begins with: nearly all of a form is such.
std::size_t ascii_words(std::string_view text) {
    std::size_t at = 0;
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & 0x8080808080808080U) != 0) break;
    }
    return at;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) return 0;
    const unsigned lead = byte_at(text, 0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return continues(text, 1, 2) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (!continues(text, 1, 3)) return 0;
        const unsigned second = byte_at(text, 1);
        const bool overlong = lead == 0xE0 && second < 0xA0;
        const bool surrogate = lead == 0xED && second >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (!continues(text, 1, 4)) return 0;
        const unsigned second = byte_at(text, 1);
        const bool overlong = lead == 0xF0 && second < 0x90;
        const bool too_high = lead == 0xF4 && second >= 0x90;
        return overlong || too_high ? 0 : 4;
    }
    return 0;
}

bool is_utf8(std::string_view text) {
    while (true) {
        text.remove_prefix(ascii_words(text));
        if (text.empty()) return true;
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
}

std::size_t utf8_characters(std::string_view text) {
    std::size_t characters = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++characters;
    }
    return characters;
}

}  // namespace tollgate
