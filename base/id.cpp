#include "base/id.h"

#include <array>
#include <cstdint>

namespace tollgate {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

std::string id_begin(std::string_view prefix, Timestamp at) {
    std::string id(prefix);
    id += '_';
    // 50 bits hold the milliseconds until the year 37,000; the first character is mostly 0.
    for (int shift = 45; shift >= 0; shift -= 5) {
        id += kAlphabet[(static_cast<std::uint64_t>(at.ms) >> static_cast<unsigned>(shift)) & 31U];
    }
    return id;
}

std::string make_id(std::string_view prefix, Timestamp now, Entropy& entropy) {
    std::string id = id_begin(prefix, now);
    std::array<std::uint8_t, 16> dice{};
    entropy.fill(dice);
    for (const std::uint8_t byte : dice) id += kAlphabet[byte & 31U];
    return id;
}

}  // namespace tollgate
