#include "tunnel/compare.h"

#include <algorithm>
#include <cstdint>

#include "base/utf8.h"
#include "tunnel/verdict.h"

namespace tollgate::tunnel {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::size_t kBytesALine = 16;

std::string hex(std::uint64_t value, std::size_t digits) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; value >>= 4U) text[i] = kHexDigits[value & 15U];
    return text;
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        if (c == '\n') {
            line += "\\n";
        } else if (c == '\r') {
            line += "\\r";
        } else {
            line += c;
        }
    }
    return line;
}

void add_text(std::vector<std::string>& lines, std::string_view text) {
    for (;;) {
        const std::size_t end = text.find('\n');
        lines.push_back(one_line(text.substr(0, end)));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

void add_body(std::vector<std::string>& lines, std::string_view body) {
    const std::string_view start = body.substr(0, kComparedBytesMax);
    // The cut may go through a character.
    if (is_utf8(body)) {
        add_text(lines, start);
    } else {
        for (std::string& line : hex_dump(start)) lines.push_back(std::move(line));
    }
    if (start.size() < body.size()) {
        lines.push_back("… " + std::to_string(body.size() - start.size()) + " bytes more");
    }
}

void add_headers(std::vector<std::string>& lines, const transport::HeaderList& headers) {
    for (const auto& [name, value] : headers) lines.push_back(name + ": " + value);
    lines.emplace_back();
}

// How far the longest common subsequence reaches from each pair of lines to the end.
class Table {
public:
    Table(const std::vector<std::string>& left, const std::vector<std::string>& right)
        : width_(right.size() + 1), cells_((left.size() + 1) * width_) {
        for (std::size_t i = left.size(); i-- > 0;) {
            for (std::size_t j = right.size(); j-- > 0;) {
                cells_[i * width_ + j] = left[i] == right[j] ? at(i + 1, j + 1) + 1
                                                             : std::max(at(i + 1, j), at(i, j + 1));
            }
        }
    }
    std::uint32_t at(std::size_t i, std::size_t j) const { return cells_[i * width_ + j]; }

private:
    std::size_t width_;
    std::vector<std::uint32_t> cells_;
};

using Lines = std::vector<std::string>;

void walk(const Lines& left, const Lines& right, std::vector<DiffLine>& diff) {
    std::size_t i = 0;
    std::size_t j = 0;
    const auto take_left = [&] { diff.push_back({DiffLine::Side::left, left[i++]}); };
    const auto take_right = [&] { diff.push_back({DiffLine::Side::right, right[j++]}); };
    if ((left.size() + 1) * (right.size() + 1) <= kDiffCellsMax) {
        const Table table(left, right);
        while (i < left.size() && j < right.size()) {
            if (left[i] == right[j]) {
                diff.push_back({DiffLine::Side::both, left[i++]});
                ++j;
            } else if (table.at(i + 1, j) >= table.at(i, j + 1)) {
                take_left();
            } else {
                take_right();
            }
        }
    }
    while (i < left.size()) take_left();
    while (j < right.size()) take_right();
}

}  // namespace

std::vector<std::string> hex_dump(std::string_view bytes) {
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < bytes.size(); at += kBytesALine) {
        const std::string_view part = bytes.substr(at, kBytesALine);
        std::string line = hex(at, 8) + " ";
        std::string letters;
        for (std::size_t i = 0; i < kBytesALine; ++i) {
            if (i % 8 == 0) line += ' ';
            if (i >= part.size()) {
                line += "   ";
                continue;
            }
            const auto byte = static_cast<unsigned char>(part[i]);
            line += hex(byte, 2) + ' ';
            letters += byte >= 0x20 && byte < 0x7F ? part[i] : '.';
        }
        lines.push_back(line + " |" + letters + "|");
    }
    return lines;
}

std::vector<std::string> lines_of(const Callback& callback) {
    std::vector<std::string> lines{callback.method + " " + callback.target};
    add_headers(lines, callback.headers);
    const auto fields = readable_fields(callback, CallbackKind::other);
    if (!fields) {
        add_body(lines, callback.body);
        return lines;
    }
    for (const auto& [name, value] : *fields) lines.push_back(name + " = " + one_line(value));
    return lines;
}

std::vector<std::string> lines_of(const Attempt& attempt) {
    std::vector<std::string> lines;
    lines.push_back(attempt.status == 0 ? attempt.error
                                        : "status " + std::to_string(attempt.status));
    add_headers(lines, attempt.headers);
    add_body(lines, attempt.body_start);
    if (attempt.body_bytes > attempt.body_start.size()) {
        lines.push_back("… " + std::to_string(attempt.body_bytes - attempt.body_start.size()) +
                        " bytes more");
    }
    return lines;
}

std::vector<DiffLine> compare(const std::vector<std::string>& left,
                              const std::vector<std::string>& right) {
    const auto [left_end, right_end] = std::ranges::mismatch(left, right);
    const auto same_start = left_end - left.begin();
    const auto room = std::min(left.end() - left_end, right.end() - right_end);
    std::ptrdiff_t same_end = 0;
    while (same_end < room && *(left.end() - 1 - same_end) == *(right.end() - 1 - same_end)) {
        ++same_end;
    }
    std::vector<DiffLine> diff;
    const auto add_same = [&](auto first, auto last) {
        for (; first != last; ++first) diff.push_back({DiffLine::Side::both, *first});
    };
    add_same(left.begin(), left.begin() + same_start);
    walk({left.begin() + same_start, left.end() - same_end},
         {right.begin() + same_start, right.end() - same_end}, diff);
    add_same(left.end() - same_end, left.end());
    return diff;
}

}  // namespace tollgate::tunnel
