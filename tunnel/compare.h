#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tunnel/exchange.h"

namespace tollgate::tunnel {

// A callback, or an answer to one, as lines to read: the first line, one for each header, a blank
// one, then the body: a form as one decoded parameter a line, other text as it stands, anything
// else as a hex dump. Bodies are cut after kComparedBytesMax. Pure.
std::vector<std::string> lines_of(const Callback& callback);
std::vector<std::string> lines_of(const Attempt& attempt);

inline constexpr std::size_t kComparedBytesMax = std::size_t{64} * 1024;

// "00000000  3c 78 6d 6c …  |<xml…|", sixteen bytes a line.
std::vector<std::string> hex_dump(std::string_view bytes);

struct DiffLine {
    enum class Side { both, left, right };
    Side side = Side::both;
    std::string text;

    friend bool operator==(const DiffLine&, const DiffLine&) = default;
};

// The shortest way from left to right, in lines; where more than kDiffCellsMax pairs would have to
// be looked at, the middle is shown as all old, then all new. Pure.
std::vector<DiffLine> compare(const std::vector<std::string>& left,
                              const std::vector<std::string>& right);

inline constexpr std::size_t kDiffCellsMax = 4'000'000;

}  // namespace tollgate::tunnel
