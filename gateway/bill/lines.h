#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tollgate::gateway::bill {

// Cuts pieces of bytes into lines (LF or CRLF), with their numbers from 1. In every Chinese charset
// that a bill may have, no character's second byte is a line end, a comma or a quote, so that bytes
// can be cut before they are decoded.
class LineCutter {
public:
    static constexpr std::size_t kLineBytesMax = std::size_t{64} * 1024;

    // Calls take(line, number) for every line that is whole. Errors: invalid_argument for a line
    // beyond kLineBytesMax; take's own.
    template <typename Take>
    Result<Done> feed(std::string_view bytes, Take take) {
        for (;;) {
            const std::size_t end = bytes.find('\n');
            if (end == std::string_view::npos) break;
            TOLLGATE_DO(finish_line(bytes.substr(0, end), take));
            bytes.remove_prefix(end + 1);
        }
        return keep(bytes);
    }

    // The last line, if the text does not end with a line end.
    template <typename Take>
    Result<Done> finish(Take take) {
        if (rest_.empty()) return Done{};
        return finish_line({}, take);
    }

private:
    template <typename Take>
    Result<Done> finish_line(std::string_view part, Take take) {
        std::string_view line = part;
        if (!rest_.empty()) {
            TOLLGATE_DO(keep(part));
            line = rest_;
        } else if (part.size() > kLineBytesMax) {
            return too_long();
        }
        if (line.ends_with('\r')) line.remove_suffix(1);
        auto taken = take(line, ++number_);
        rest_.clear();
        return taken;
    }
    Result<Done> keep(std::string_view part);
    Error too_long() const;

    std::string rest_;  // The start of a line whose end has not come yet.
    std::int64_t number_ = 0;
};

// The fields of one CSV line, each without the TABs and blanks that Alipay pads it with. A field
// may stand in quotes, "" being a quote in it; a quote anywhere else is itself. `fields` point into
// `line` or into `store`.
void split_csv(std::string_view line, std::vector<std::string_view>& fields,
               std::vector<std::string>& store);

}  // namespace tollgate::gateway::bill
