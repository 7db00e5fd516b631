#include "sandbox/biz_fields.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/time_text.h"
#include "base/utf8.h"
#include "sandbox/refusal.h"

namespace tollgate::sandbox {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr hours kWindowMax{15 * 24};
// One minute, less what two reads of a clock and the cut to whole seconds may take away.
constexpr seconds kWindowLeast{50};
constexpr Money kTotalLeast = Money::from_fen(1);
constexpr Money kTotalMost = Money::from_fen(10'000'000'000);

bool is_word(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// "90m", "2h", "1d"; nothing for what is none.
std::optional<minutes> minutes_of(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    const std::string_view digits = text.substr(0, text.size() - 1);
    if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
    int number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    switch (text.back()) {
        case 'm': return minutes(number);
        case 'h': return hours(number);
        case 'd': return hours(24) * number;
        default: return std::nullopt;
    }
}

}  // namespace

Error invalid_parameter(std::string_view name, std::string_view what) {
    return refusal("ACQ.INVALID_PARAMETER",
                   "参数无效：" + std::string(name) + " " + std::string(what));
}

Result<Done> only_fields(const Json& biz, const std::vector<std::string_view>& allowed) {
    for (const auto& [name, value] : biz.items()) {
        if (std::ranges::find(allowed, name) == allowed.end()) {
            return invalid_parameter(name, "不是该接口的参数");
        }
        if (value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty())) {
            return invalid_parameter(name, "不能为空值，不需要时请不要传");
        }
    }
    return Done{};
}

Result<std::string> need_text(const Json& biz, std::string_view name, std::size_t characters_max) {
    if (member(biz, name) == nullptr) return invalid_parameter(name, "不能为空");
    return may_have_text(biz, name, characters_max);
}

Result<std::string> may_have_text(const Json& biz, std::string_view name,
                                  std::size_t characters_max) {
    if (member(biz, name) == nullptr) return std::string();
    auto text = text_member(biz, name);
    if (!text) return invalid_parameter(name, "应为字符串");
    if (text->empty()) return invalid_parameter(name, "不能为空");
    if (utf8_characters(*text) > characters_max) {
        return invalid_parameter(name, "超过" + std::to_string(characters_max) + "个字符");
    }
    return *std::move(text);
}

Result<std::string> need_number(const Json& biz, std::string_view name) {
    if (member(biz, name) == nullptr) return invalid_parameter(name, "不能为空");
    return may_have_number(biz, name);
}

Result<std::string> may_have_number(const Json& biz, std::string_view name) {
    TOLLGATE_TRY(std::string text, may_have_text(biz, name, 64));
    if (!std::ranges::all_of(text, is_word)) {
        return invalid_parameter(name, "只能包含字母、数字和下划线");
    }
    return text;
}

Result<Money> need_amount(const Json& biz, std::string_view name) {
    const Json* value = member(biz, name);
    if (value != nullptr && value->is_number()) {
        return invalid_parameter(
            name, "应为字符串，如 \"88.88\"：支付宝也许接受数字，沙箱不接受，小数会丢分");
    }
    TOLLGATE_TRY(const std::string text, need_text(biz, name, 12));
    const auto amount = Money::parse_yuan(text);
    if (!amount) return invalid_parameter(name, "应为最多两位小数的金额，如 88.88");
    if (*amount > kTotalMost) return refusal("ACQ.TOTAL_FEE_EXCEED", "订单总金额超过限额");
    if (*amount < kTotalLeast) return invalid_parameter(name, "应不小于0.01");
    return *amount;
}

Result<std::string> need_subject(const Json& biz) {
    TOLLGATE_TRY(std::string text, need_text(biz, "subject", 256));
    if (text.find_first_of("/=&") != std::string::npos) {
        return invalid_parameter("subject", "不可使用特殊字符 / = &");
    }
    return text;
}

Result<std::optional<Timestamp>> may_have_time_expire(const Json& biz, Timestamp signed_at) {
    if (member(biz, "time_expire") == nullptr) return std::optional<Timestamp>();
    TOLLGATE_TRY(const std::string text, need_text(biz, "time_expire", 19));
    const auto at = parse_beijing(text);
    if (!at) return invalid_parameter("time_expire", "格式应为 yyyy-MM-dd HH:mm:ss");
    if (*at - signed_at < kWindowLeast || *at - signed_at > kWindowMax) {
        return invalid_parameter("time_expire", "应在1分钟至15天之间");
    }
    return std::optional(*at);
}

Result<std::optional<Window>> may_have_window(const Json& biz, std::string_view name) {
    if (member(biz, name) == nullptr) return std::optional<Window>();
    TOLLGATE_TRY(const std::string text, need_text(biz, name, 6));
    if (text == "1c") return std::optional(Window{.to_midnight = true});
    const auto length = minutes_of(text);
    if (!length || *length < minutes(1) || *length > kWindowMax) {
        return invalid_parameter(name, "应为 1m～15d，如 90m");
    }
    return std::optional(Window{.length = *length});
}

}  // namespace tollgate::sandbox
