#include "sandbox/random_text.h"

#include <array>
#include <span>

namespace tollgate::sandbox {

std::string random_hex(Entropy& entropy, std::size_t bytes) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::array<std::uint8_t, 32> random{};
    entropy.fill(std::span(random).first(bytes));
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i) {
        text += kHex[random.at(i) / 16U];
        text += kHex[random.at(i) % 16U];
    }
    return text;
}

}  // namespace tollgate::sandbox
