#include "signing/mistakes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/charset.h"
#include "base/utf8.h"
#include "signing/form.h"

namespace tollgate::signing {
namespace {

using Undone = std::optional<std::string>;
using Replacement = std::pair<std::string_view, std::string_view>;

std::string replaced(std::string_view text, Replacement replacement) {
    const auto [from, to] = replacement;
    std::string result;
    while (true) {
        const std::size_t at = text.find(from);
        if (at == std::string_view::npos) return result.append(text);
        result.append(text.substr(0, at)).append(to);
        text.remove_prefix(at + from.size());
    }
}

Undone if_changed(std::string_view before, std::string after) {
    if (after == before) return std::nullopt;
    return after;
}

Undone if_changed(std::string_view before, Result<std::string> after) {
    if (!after) return std::nullopt;
    return if_changed(before, *std::move(after));
}

Undone decoded_again(std::string_view value) {
    return if_changed(value, percent_decode(replaced(value, {"+", " "})));
}

Undone encoded_again(std::string_view value) {
    return if_changed(value, percent_encode(value));
}

// Forms write a space as '+'. Where spaces are all there is to encode, with_plus_signs tries
// better.
Undone encoded_again_with_plus(std::string_view value) {
    const std::string encoded = replaced(percent_encode(value), {"%20", "+"});
    if (encoded == replaced(value, {" ", "+"})) return std::nullopt;
    return encoded;
}

Undone html_unescaped(std::string_view value) {
    constexpr std::array<Replacement, 8> kEntities{{{"&quot;", "\""},
                                                    {"&#34;", "\""},
                                                    {"&#39;", "'"},
                                                    {"&#039;", "'"},
                                                    {"&apos;", "'"},
                                                    {"&lt;", "<"},
                                                    {"&gt;", ">"},
                                                    {"&amp;", "&"}}};
    std::string text(value);
    for (const Replacement& entity : kEntities) text = replaced(text, entity);
    return if_changed(value, std::move(text));
}

Undone slashes_plain(std::string_view value) {
    return if_changed(value, replaced(value, {"\\/", "/"}));
}

Undone slashes_escaped(std::string_view value) {
    return if_changed(value, replaced(replaced(value, {"\\/", "/"}), {"/", "\\/"}));
}

Undone backslashes_taken(std::string_view value) {
    std::string text;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\\' && i + 1 < value.size()) ++i;
        text += value[i];
    }
    return if_changed(value, std::move(text));
}

Undone from_gbk(std::string_view value) {
    return if_changed(value, to_utf8(value, "gbk"));
}

Undone to_gbk(std::string_view value) {
    return if_changed(value, from_utf8(value, "gbk"));
}

// UTF-8 that was read as Latin-1 and written as UTF-8 has every old byte as one character.
Undone from_latin1(std::string_view value) {
    if (!is_utf8(value)) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto lead = static_cast<unsigned char>(value[i]);
        if (lead < 0x80) {
            bytes += value[i];
            continue;
        }
        if (lead > 0xC3) return std::nullopt;  // A character beyond Latin-1.
        const auto next = static_cast<unsigned char>(value[++i]);
        bytes +=
            static_cast<char>(static_cast<unsigned char>((lead & 0x03U) << 6U | (next & 0x3FU)));
    }
    return if_changed(value, std::move(bytes));
}

Undone line_feeds(std::string_view value) {
    return if_changed(value, replaced(value, {"\r\n", "\n"}));
}

Undone carriage_returns(std::string_view value) {
    return if_changed(value, replaced(replaced(value, {"\r\n", "\n"}), {"\n", "\r\n"}));
}

Undone one_line(std::string_view value) {
    return if_changed(value, replaced(replaced(value, {"\r", ""}), {"\n", ""}));
}

Undone without_final_line_end(std::string_view body) {
    const std::size_t last = body.find_last_not_of("\r\n");
    return if_changed(body, std::string(body.substr(0, last + 1)));
}

Undone without_byte_order_mark(std::string_view body) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    if (!body.starts_with(kMark)) return std::nullopt;
    return std::string(body.substr(kMark.size()));
}

Undone with_plain_separators(std::string_view body) {
    return if_changed(body, replaced(body, {"&amp;", "&"}));
}

Undone decoded_as_a_whole(std::string_view body) {
    if (body.find('=') != std::string_view::npos) return std::nullopt;
    return if_changed(body, percent_decode(body));
}

}  // namespace

std::span<const ValueMistake> value_mistakes() {
    static constexpr std::array<ValueMistake, 13> kMistakes{{
        {"encoded_twice",
         "values were percent-encoded a second time on the way; pass the body on as it came",
         decoded_again},
        {"html_escaped",
         "values were HTML-escaped (&quot;) by an input filter; turn it off for the notify address",
         html_unescaped},
        {"transcoded_to_utf8",
         "values were turned from GBK into UTF-8 before the check; check the raw bytes", to_gbk},
        {"transcoded_to_gbk",
         "values were turned from UTF-8 into GBK before the check; check the raw bytes", from_gbk},
        {"read_as_latin1",
         "UTF-8 values were read as Latin-1 and written as UTF-8; check the raw bytes",
         from_latin1},
        {"json_slashes", "'/' became '\\/' when JSON text was written anew; keep it as received",
         slashes_plain},
        {"json_slashes", "'\\/' became '/' when JSON text was written anew; keep it as received",
         slashes_escaped},
        {"backslash_escaped", "quotes were escaped with backslashes; pass values on as they came",
         backslashes_taken},
        {"line_ends", "line ends became CR LF on the way; pass the body on as it came", line_feeds},
        {"line_ends", "CR LF became LF on the way; pass the body on as it came", carriage_returns},
        {"line_ends", "line ends were added to a value on the way; pass the body on as it came",
         one_line},
        {"decoded_twice",
         "a value that is percent-encoded by itself was decoded twice; decode once", encoded_again},
        {"decoded_twice",
         "a value that is percent-encoded by itself was decoded twice; decode once",
         encoded_again_with_plus},
    }};
    return kMistakes;
}

std::span<const BodyMistake> body_mistakes() {
    static constexpr std::array<BodyMistake, 4> kMistakes{{
        {"body_line_end", "a line end was added behind the body; pass the body on as it came",
         without_final_line_end},
        {"byte_order_mark", "a byte order mark was added before the body; pass it on as it came",
         without_byte_order_mark},
        {"body_html_escaped",
         "'&' became '&amp;' between the parameters; pass the body on as it came",
         with_plain_separators},
        {"body_encoded_twice",
         "the whole body was percent-encoded a second time; pass it on as it came",
         decoded_as_a_whole},
    }};
    return kMistakes;
}

std::vector<std::string> with_plus_signs(std::string_view value) {
    constexpr std::size_t kSpacesMax = 5;
    std::vector<std::size_t> spaces;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == ' ') spaces.push_back(i);
    }
    if (spaces.empty() || spaces.size() > kSpacesMax) return {};
    std::vector<std::string> ways;
    for (std::size_t chosen = (std::size_t{1} << spaces.size()) - 1; chosen > 0; --chosen) {
        std::string way(value);
        for (std::size_t i = 0; i < spaces.size(); ++i) {
            if ((chosen >> i & 1U) != 0) way[spaces[i]] = '+';
        }
        ways.push_back(std::move(way));
    }
    return ways;
}

std::string repaired_signature(std::string_view sign) {
    std::string repaired(sign);
    if (auto decoded = percent_decode(repaired)) repaired = *std::move(decoded);
    std::erase_if(repaired, [](char c) { return c == '\r' || c == '\n' || c == '\t'; });
    std::ranges::replace(repaired, ' ', '+');
    std::ranges::replace(repaired, '-', '+');
    std::ranges::replace(repaired, '_', '/');
    while (repaired.size() % 4 != 0 && repaired.size() < sign.size() + 3) repaired += '=';
    return repaired;
}

}  // namespace tollgate::signing
