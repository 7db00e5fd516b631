#include "gateway/bill/lines.h"

#include <algorithm>
#include <optional>

namespace tollgate::gateway::bill {
namespace {

constexpr std::string_view kPadding = " \t";

std::string_view without_padding(std::string_view field) {
    const std::size_t first = field.find_first_not_of(kPadding);
    if (first == std::string_view::npos) return {};
    return field.substr(first, field.find_last_not_of(kPadding) - first + 1);
}

// A quoted field at the start of `rest`: its text, and how many bytes it takes up to the comma.
struct Quoted {
    std::string text;
    std::size_t size = 0;
};

// Nothing when it is not quoted as CSV quotes: then its quotes are part of the text.
std::optional<Quoted> read_quoted(std::string_view rest) {
    std::size_t at = rest.find_first_not_of(kPadding);
    if (at == std::string_view::npos || rest[at] != '"') return std::nullopt;
    Quoted quoted;
    for (++at; at < rest.size(); ++at) {
        if (rest[at] != '"') {
            quoted.text += rest[at];
        } else if (rest.substr(at + 1).starts_with('"')) {
            quoted.text += rest[at++];
        } else {
            break;
        }
    }
    if (at >= rest.size()) return std::nullopt;
    const std::size_t end = rest.find_first_not_of(kPadding, at + 1);
    if (end != std::string_view::npos && rest[end] != ',') return std::nullopt;
    quoted.size = end == std::string_view::npos ? rest.size() : end;
    return quoted;
}

}  // namespace

Result<Done> LineCutter::keep(std::string_view part) {
    if (rest_.size() + part.size() > kLineBytesMax) return too_long();
    rest_ += part;
    return Done{};
}

Error LineCutter::too_long() const {
    return Error(ErrorCode::invalid_argument, "line " + std::to_string(number_ + 1) +
                                                  " is longer than " +
                                                  std::to_string(kLineBytesMax) + " bytes");
}

void split_csv(std::string_view line, std::vector<std::string_view>& fields,
               std::vector<std::string>& store) {
    fields.clear();
    store.clear();
    store.reserve(line.size() / 2 + 1);  // `fields` point into it: it must not move.
    for (;;) {
        std::size_t end = std::min(line.find(','), line.size());
        std::string_view field = line.substr(0, end);
        if (field.find('"') != std::string_view::npos) {
            if (auto quoted = read_quoted(line)) {
                end = quoted->size;
                store.push_back(std::move(quoted->text));
                field = store.back();
            }
        }
        fields.push_back(without_padding(field));
        if (end >= line.size()) return;
        line.remove_prefix(end + 1);
    }
}

}  // namespace tollgate::gateway::bill
