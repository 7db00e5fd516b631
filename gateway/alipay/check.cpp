#include "gateway/alipay/check.h"

#include <algorithm>
#include <optional>

#include "base/money.h"
#include "base/time_text.h"
#include "base/utf8.h"

namespace tollgate::gateway {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kAmountFenMax = 10'000'000'000;  // 100 million yuan.
constexpr std::int64_t kDurationMinutesMax = std::int64_t{15} * 24 * 60;
// From when the time was chosen to when it is checked some seconds may have gone.
constexpr std::chrono::seconds kExpiryLeast{45};
constexpr std::chrono::hours kExpiryMost{15 * 24};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool is_number_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    });
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

bool is_one_of(std::string_view choices, std::string_view text) {
    while (!choices.empty()) {
        const auto end = std::min(choices.find(' '), choices.size());
        if (choices.substr(0, end) == text) return true;
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
}

std::string wrong_amount(const std::string& text) {
    const auto amount = Money::parse_yuan(text);
    if (amount && amount->fen() >= 1 && amount->fen() <= kAmountFenMax) return {};
    return "must be yuan with at most two decimals, from 0.01 to 100000000.00";
}

std::string wrong_duration(const std::string& text) {
    if (text == "1c") return {};
    const std::string_view digits = std::string_view(text).substr(0, text.size() - 1);
    const char unit = text.back();
    const std::int64_t factor = unit == 'm' ? 1 : unit == 'h' ? 60 : unit == 'd' ? 24 * 60 : 0;
    if (factor != 0 && all_digits(digits) && digits.size() <= 5) {
        const std::int64_t minutes = std::stoll(std::string(digits)) * factor;
        if (minutes >= 1 && minutes <= kDurationMinutesMax) return {};
    }
    return "must be a whole number with m, h or d behind it, from 1m to 15d, or 1c";
}

std::string wrong_expiry(const std::string& text, CheckMoment moment) {
    const auto at = parse_beijing(text);
    if (!at || text.size() != 19) return "must be a time such as 2026-11-11 00:00:00";
    if (*at - moment.now > kExpiryMost) return "is more than 15 days ahead";
    if (!moment.is_repeat && *at - moment.now < kExpiryLeast) return "is less than a minute ahead";
    return {};
}

std::string wrong_bill_date(const std::string& text) {
    const bool right_length = text.size() == 7 || text.size() == 10;
    const std::string whole = (text.size() == 7 ? text + "-01" : text) + " 00:00:00";
    if (right_length && parse_beijing(whole)) return {};
    return "must be a day such as 2026-11-11 or a month such as 2026-11";
}

std::string wrong_json_text(const std::string& text) {
    constexpr bool kThrow = false;
    return Json::parse(text, nullptr, kThrow).is_object() ? "" : "must be a JSON object as a text";
}

std::string wrong_text(const WireField& field, const std::string& text, CheckMoment moment) {
    if (text.empty()) return "must not be empty";
    const bool counts_bytes = field.kind == WireKind::json_text;
    const std::size_t length = counts_bytes ? text.size() : utf8_characters(text);
    if (field.length_max > 0 && length > field.length_max) {
        return "is longer than " + std::to_string(field.length_max) +
               (counts_bytes ? " bytes" : " characters");
    }
    if (!is_utf8(text)) return "is not UTF-8";
    if (has_control(text)) return "must not contain control characters";
    // Alipay takes a blank value out of the signed text, and we send none (protocol notes 2.1).
    if (text.find_first_not_of(' ') == std::string::npos) return "must not be blank";
    switch (field.kind) {
        case WireKind::number:
            return is_number_text(text) ? "" : "may hold letters, digits and underscores only";
        case WireKind::subject:
            return text.find_first_of("/=&") == std::string::npos
                       ? ""
                       : "must not contain '/', '=' or '&'";
        case WireKind::amount: return wrong_amount(text);
        case WireKind::duration: return wrong_duration(text);
        case WireKind::expiry: return wrong_expiry(text, moment);
        case WireKind::user_id: return is_user_id(text) ? "" : "must be 2088 and twelve digits";
        case WireKind::auth_code:
            return is_auth_code(text) ? ""
                                      : "must be a payment code: 16 to 24 digits that begin with "
                                        "25 to 30, or fp and 33 more";
        case WireKind::bill_date: return wrong_bill_date(text);
        case WireKind::json_text: return wrong_json_text(text);
        case WireKind::choice:
            return is_one_of(field.choices, text) ? ""
                                                  : "must be one of: " + std::string(field.choices);
        case WireKind::text:
        case WireKind::whole:
        case WireKind::object:
        case WireKind::list:
        case WireKind::texts: return {};
    }
    return {};
}

std::string wrong_structure(const WireField& field, const Json& value) {
    const bool right = field.kind == WireKind::object ? value.is_object() : value.is_array();
    if (!right) return field.kind == WireKind::object ? "must be an object" : "must be a list";
    if (value.dump().size() > field.length_max) {
        return "is larger than " + std::to_string(field.length_max) + " bytes";
    }
    const bool of_texts =
        std::ranges::all_of(value, [](const Json& member) { return member.is_string(); });
    if (field.kind == WireKind::texts && !of_texts) return "must be a list of texts";
    return {};
}

std::string wrong_value(const WireField& field, const Json& value, CheckMoment moment) {
    switch (field.kind) {
        case WireKind::object:
        case WireKind::list:
        case WireKind::texts: return wrong_structure(field, value);
        case WireKind::whole: {
            const bool right = value.is_number_unsigned() && value.get<std::uint64_t>() > 0 &&
                               value.get<std::uint64_t>() <= field.length_max;
            return right ? ""
                         : "must be a whole number from 1 to " + std::to_string(field.length_max);
        }
        case WireKind::text:
        case WireKind::number:
        case WireKind::subject:
        case WireKind::amount:
        case WireKind::duration:
        case WireKind::expiry:
        case WireKind::user_id:
        case WireKind::auth_code:
        case WireKind::bill_date:
        case WireKind::choice:
        case WireKind::json_text:
            if (!value.is_string()) return "must be a text";
            return wrong_text(field, value.get_ref<const std::string&>(), moment);
    }
    return {};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

bool has_all(const Json& fields, std::string_view names) {
    return std::ranges::all_of(split(names, '+'), [&](std::string_view name) {
        return fields.contains(std::string(name));
    });
}

std::string in_words(std::string_view group) {
    std::string words;
    for (const std::string_view alternative : split(group, '|')) {
        if (!words.empty()) words += " or ";
        std::string names(alternative);
        for (auto at = names.find('+'); at != std::string::npos; at = names.find('+')) {
            names.replace(at, 1, " with ");
        }
        words += names;
    }
    return words;
}

}  // namespace

bool is_user_id(std::string_view text) {
    return text.size() == 16 && text.starts_with("2088") && all_digits(text);
}

bool is_auth_code(std::string_view text) {
    if (text.starts_with("fp") && text.size() == 35) return true;
    if (text.size() < 16 || text.size() > 24 || !all_digits(text)) return false;
    const int start = (text[0] - '0') * 10 + (text[1] - '0');
    return start >= 25 && start <= 30;
}

std::vector<config::Problem> check_fields(const Method& method, const Json& fields,
                                          CheckMoment moment) {
    if (!fields.is_object()) return {{.where = "/", .what = "must be a JSON object"}};
    std::vector<config::Problem> problems;
    const auto problem = [&](std::string_view name, std::string what) {
        problems.push_back({.where = "/" + std::string(name), .what = std::move(what)});
    };
    for (const auto& [name, unused] : fields.items()) {
        if (std::ranges::find(method.fields, name, &WireField::name) == method.fields.end()) {
            problem(name, "is not a field of " + std::string(method.name));
        }
    }
    for (const WireField& field : method.fields) {
        const auto value = fields.find(std::string(field.name));
        if (value == fields.end()) {
            if (field.required) problem(field.name, "is missing");
            continue;
        }
        if (auto wrong = wrong_value(field, *value, moment); !wrong.empty()) {
            problem(field.name, std::move(wrong));
        }
    }
    for (const std::string_view group : split(method.one_of, ' ')) {
        const auto alternatives = split(group, '|');
        const bool given = std::ranges::any_of(
            alternatives, [&](std::string_view names) { return has_all(fields, names); });
        if (given) continue;
        problem(split(alternatives.front(), '+').front(), "is missing: give " + in_words(group));
    }
    const auto rivals = split(method.not_both, ' ');
    if (rivals.size() == 2 && has_all(fields, rivals[0]) && has_all(fields, rivals[1])) {
        problem(rivals[1], "does not go with " + std::string(rivals[0]) + ": choose one");
    }
    return problems;
}

Result<Done> checked(const Method& method, const Json& fields, CheckMoment moment) {
    const auto problems = check_fields(method, fields, moment);
    if (problems.empty()) return Done{};
    std::string text = std::string(method.name) + " was not sent:";
    for (const config::Problem& problem : problems) {
        text += " " + problem.where + " " + problem.what + ";";
    }
    text.pop_back();
    return Error(ErrorCode::invalid_argument, std::move(text)).because("call_not_valid");
}

}  // namespace tollgate::gateway
