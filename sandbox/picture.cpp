#include "sandbox/picture.h"

#include <array>
#include <cstdint>

#include "base/random.h"

namespace tollgate::sandbox {
namespace {

constexpr int kSide = 25;
constexpr int kCorner = 7;

// The three squares of a QR code, each with a white frame of one module around it.
bool in_corner(int x, int y) {
    const bool left = x <= kCorner;
    const bool right = x >= kSide - kCorner - 1;
    const bool top = y <= kCorner;
    const bool bottom = y >= kSide - kCorner - 1;
    return (left && top) || (right && top) || (left && bottom);
}

std::string square(int x, int y, int side, std::string_view colour) {
    return "<rect x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" width=\"" +
           std::to_string(side) + "\" height=\"" + std::to_string(side) + "\" fill=\"" +
           std::string(colour) + "\"/>";
}

std::string corner(int x, int y) {
    return square(x, y, kCorner, "#111") + square(x + 1, y + 1, kCorner - 2, "#fff") +
           square(x + 2, y + 2, kCorner - 4, "#111");
}

// FNV-1a: the drawing must follow from the text.
std::uint64_t seed_of(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037ULL;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
    return hash;
}

}  // namespace

std::string code_picture(std::string_view text) {
    SeededRandom dots(seed_of(text));
    std::string svg =
        R"(<svg viewBox="0 0 25 25" shape-rendering="crispEdges" aria-hidden="true">)";
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            if (dots.below(2) == 1 && !in_corner(x, y)) svg += square(x, y, 1, "#111");
        }
    }
    svg += corner(0, 0) + corner(kSide - kCorner, 0) + corner(0, kSide - kCorner);
    return svg + "</svg>";
}

}  // namespace tollgate::sandbox
