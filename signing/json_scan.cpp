#include "signing/json_scan.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace tollgate::signing {
namespace {

Error malformed_json(const char* what, Here here = Here::current()) {
    return Error(ErrorCode::invalid_argument, std::string("not JSON: ") + what, here)
        .because("json_malformed");
}

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    void skip_space() {
        while (at_ < text_.size() && kSpace.find(text_[at_]) != std::string_view::npos) ++at_;
    }
    bool at_end() const { return at_ == text_.size(); }
    bool sees(char c) const { return at_ < text_.size() && text_[at_] == c; }
    bool take(char c) {
        skip_space();
        if (!sees(c)) return false;
        ++at_;
        return true;
    }

    // A string with both its quotes. A quote is real when an even number of backslashes stands
    // before it, which stepping over each escaped character comes to.
    Result<std::string_view> string() {
        skip_space();
        if (!sees('"')) return malformed_json("a string is missing");
        const std::size_t begin = at_;
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '"') {
                ++at_;
                return text_.substr(begin, at_ - begin);
            }
        }
        return malformed_json("a string does not end");
    }

    Result<std::string_view> value() {
        skip_space();
        if (sees('"')) return string();
        if (sees('{') || sees('[')) return nested();
        const std::size_t end = std::min(text_.find_first_of(",]} \t\r\n\"", at_), text_.size());
        const std::string_view literal = text_.substr(at_, end - at_);
        if (literal.empty()) return malformed_json("a value is missing");
        at_ = end;
        return literal;
    }

private:
    static constexpr std::string_view kSpace = " \t\r\n";

    Result<std::string_view> nested() {
        const std::size_t begin = at_;
        std::string closers;
        do {
            TOLLGATE_DO(step_inside(closers));
        } while (!closers.empty());
        return text_.substr(begin, at_ - begin);
    }

    // Over one string or one other character; `closers` are the brackets that are still to come.
    Result<Done> step_inside(std::string& closers) {
        if (at_end()) return malformed_json("a bracket is not closed");
        if (sees('"')) {
            TOLLGATE_DO(string());
            return Done{};
        }
        const char c = text_[at_++];
        if (c == '{') closers += '}';
        if (c == '[') closers += ']';
        if (closers.size() > kJsonDepthMax) return malformed_json("nested too deeply");
        if (c != '}' && c != ']') return Done{};
        if (c != closers.back()) return malformed_json("brackets do not match");
        closers.pop_back();
        return Done{};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        std::uint32_t digit = 0;
        if (c >= '0' && c <= '9') {
            digit = static_cast<std::uint32_t>(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            digit = static_cast<std::uint32_t>(c - 'a') + 10;
        } else if (c >= 'A' && c <= 'F') {
            digit = static_cast<std::uint32_t>(c - 'A') + 10;
        } else {
            return std::nullopt;
        }
        value = value << 4U | digit;
    }
    return value;
}

void append_utf8(std::string& text, std::uint32_t point) {
    const auto put = [&text](std::uint32_t byte) {
        text += static_cast<char>(static_cast<unsigned char>(byte));
    };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0U | point >> 6U);
        put(0x80U | (point & 0x3FU));
    } else if (point < 0x10000) {
        put(0xE0U | point >> 12U);
        put(0x80U | (point >> 6U & 0x3FU));
        put(0x80U | (point & 0x3FU));
    } else {
        put(0xF0U | point >> 18U);
        put(0x80U | (point >> 12U & 0x3FU));
        put(0x80U | (point >> 6U & 0x3FU));
        put(0x80U | (point & 0x3FU));
    }
}

bool is_high_surrogate(std::uint32_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(std::uint32_t unit) {
    return unit >= 0xDC00 && unit < 0xE000;
}

// `rest` begins behind "\u"; answers how many characters of it belong to the escape.
Result<std::size_t> append_escaped_point(std::string& text, std::string_view rest) {
    const auto unit = hex4(rest);
    if (!unit || is_low_surrogate(*unit)) return malformed_json("a bad \\u escape");
    if (!is_high_surrogate(*unit)) {
        append_utf8(text, *unit);
        return std::size_t{4};
    }
    if (rest.substr(4, 2) != "\\u") return malformed_json("half a surrogate pair");
    const auto low = hex4(rest.substr(6));
    if (!low || !is_low_surrogate(*low)) return malformed_json("half a surrogate pair");
    append_utf8(text, 0x10000 + ((*unit - 0xD800) << 10U) + (*low - 0xDC00));
    return std::size_t{10};
}

}  // namespace

Result<std::vector<JsonMember>> scan_json_object(std::string_view text) {
    Scanner scanner(text);
    std::vector<JsonMember> members;
    if (!scanner.take('{')) return malformed_json("an object is missing");
    bool more = !scanner.take('}');
    while (more) {
        if (members.size() == kJsonMembersMax) return malformed_json("too many members");
        TOLLGATE_TRY(const std::string_view quoted, scanner.string());
        TOLLGATE_TRY(std::string name, decode_json_string(quoted));
        if (!scanner.take(':')) return malformed_json("a ':' is missing");
        TOLLGATE_TRY(const std::string_view value, scanner.value());
        members.push_back({std::move(name), value});
        more = scanner.take(',');
        if (!more && !scanner.take('}')) return malformed_json("a ',' or '}' is missing");
    }
    scanner.skip_space();
    if (!scanner.at_end()) return malformed_json("something stands behind the object");
    return members;
}

Result<std::string> decode_json_string(std::string_view quoted) {
    if (quoted.size() < 2 || !quoted.starts_with('"') || !quoted.ends_with('"')) {
        return malformed_json("a string is missing");
    }
    const std::string_view inner = quoted.substr(1, quoted.size() - 2);
    constexpr std::string_view kEscapes = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    std::string text;
    text.reserve(inner.size());
    for (std::size_t i = 0; i < inner.size(); ++i) {
        if (inner[i] == '"') return malformed_json("a quote inside a string");
        if (inner[i] != '\\') {
            text += inner[i];
            continue;
        }
        if (++i == inner.size()) return malformed_json("a bad escape");
        if (inner[i] == 'u') {
            TOLLGATE_TRY(const std::size_t used, append_escaped_point(text, inner.substr(i + 1)));
            i += used;
            continue;
        }
        const std::size_t escape = kEscapes.find(inner[i]);
        if (escape == std::string_view::npos) return malformed_json("a bad escape");
        text += kMeanings[escape];
    }
    return text;
}

}  // namespace tollgate::signing
