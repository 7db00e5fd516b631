#include "gateway/create_values.h"

#include <algorithm>

#include "base/utf8.h"
#include "gateway/alipay/check.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

bool is_name_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_web_url(std::string_view url) {
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    return scheme != 0 && url.size() > scheme && url[scheme] != '/' &&
           std::ranges::all_of(url, [](char c) {
               return c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\';
           });
}

// A price of 12.30 as a JSON number would pass through binary floating point on its way.
bool has_fraction(const Json& value) {
    if (value.is_number_float()) return true;
    if (!value.is_structured()) return false;
    return std::ranges::any_of(value, [](const Json& member) { return has_fraction(member); });
}

// What is wrong with a value, or empty.
std::string wrong_text(const FieldRule& rule, const std::string& text) {
    if (text.empty()) return "must not be empty";
    if (utf8_characters(text) > static_cast<std::size_t>(rule.most)) {
        return "is longer than " + std::to_string(rule.most) + " characters";
    }
    if (has_control(text)) return "must not contain control characters";
    // Alipay leaves blank values out of the signed text (protocol notes 2.1).
    if (text.find_first_not_of(' ') == std::string::npos) return "must not be blank";
    if (rule.kind == FieldKind::out_trade_no && !is_name_text(text)) {
        return "may hold letters, digits and underscores only";
    }
    if (rule.kind == FieldKind::subject && text.find_first_of("/=&") != std::string::npos) {
        return "must not contain '/', '=' or '&': Alipay refuses them";
    }
    if (rule.kind == FieldKind::url && !is_web_url(text)) {
        return "must be an http:// or https:// address";
    }
    if (rule.kind == FieldKind::auth_code && !is_auth_code(text)) {
        return "must be a payment code: 16 to 24 digits that begin with 25 to 30, or fp and 33 "
               "more";
    }
    if (rule.kind == FieldKind::currency && text != "CNY") return "must be \"CNY\"";
    return {};
}

bool is_one_of(std::string_view choices, std::string_view text) {
    while (!choices.empty()) {
        const auto end = std::min(choices.find(' '), choices.size());
        if (choices.substr(0, end) == text) return true;
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
}

std::string wrong_buyer(const FieldRule& rule, const Json& value) {
    const bool one = value.is_object() && value.size() == 1 && value.begin()->is_string();
    if (!one || (value.begin().key() != "open_id" && value.begin().key() != "buyer_id")) {
        return R"(must be {"open_id": "…"} or {"buyer_id": "2088…"})";
    }
    const auto& text = value.begin()->get_ref<const std::string&>();
    if (value.begin().key() == "buyer_id") {
        return is_user_id(text) ? "" : "buyer_id must be 2088 and twelve digits";
    }
    return wrong_text(rule, text);
}

}  // namespace

std::string wrong_value(const FieldRule& rule, const Json& value) {
    switch (rule.kind) {
        case FieldKind::text:
        case FieldKind::out_trade_no:
        case FieldKind::subject:
        case FieldKind::url:
        case FieldKind::currency:
        case FieldKind::auth_code:
            if (!value.is_string()) return "must be a text";
            return wrong_text(rule, value.get_ref<const std::string&>());
        case FieldKind::number: {
            const bool whole = value.is_number_integer();
            const bool small = whole && (!value.is_number_unsigned() ||
                                         value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
            const auto number = small ? value.get<std::int64_t>() : rule.least - 1;
            if (number >= rule.least && number <= rule.most) return {};
            return "must be a whole number from " + std::to_string(rule.least) + " to " +
                   std::to_string(rule.most);
        }
        case FieldKind::buyer: return wrong_buyer(rule, value);
        case FieldKind::choice:
            if (value.is_string() && is_one_of(rule.choices, value.get_ref<const std::string&>())) {
                return {};
            }
            return "must be one of: " + std::string(rule.choices);
        case FieldKind::object:
        case FieldKind::list: {
            const bool right = rule.kind == FieldKind::list ? value.is_array() : value.is_object();
            if (!right)
                return rule.kind == FieldKind::list ? "must be a list" : "must be an object";
            if (value.dump().size() > static_cast<std::size_t>(rule.most)) {
                return "is larger than " + std::to_string(rule.most) + " bytes";
            }
            if (has_fraction(value)) return "holds a number with a fraction: write it as a text";
            return {};
        }
    }
    return "is of an unknown kind";
}

}  // namespace tollgate::gateway
