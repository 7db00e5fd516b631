#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tollgate::signing {

// What is known to happen to a notification between Alipay and the check of its signature
// (protocol notes 12). Each mistake knows how to undo itself; explain_notification tries.

// A mistake that changes values one by one, wherever they hold what it changes.
struct ValueMistake {
    std::string_view code;
    std::string_view text;
    // The value as it was before; nothing when this mistake cannot have happened to it.
    std::optional<std::string> (*undo)(std::string_view value);
};

// A mistake that changes the body as a whole.
struct BodyMistake {
    std::string_view code;
    std::string_view text;
    std::optional<std::string> (*undo)(std::string_view body);
};

std::span<const ValueMistake> value_mistakes();
std::span<const BodyMistake> body_mistakes();

// Every way in which some of the spaces of `value` may have been '+' before a second decoding, the
// way with all of them first; none for a value with more spaces than is worth trying.
std::vector<std::string> with_plus_signs(std::string_view value);

// A signature as it may have been before white space, URL-safe letters, lost padding or a second
// encoding got into it.
std::string repaired_signature(std::string_view sign);

}  // namespace tollgate::signing
