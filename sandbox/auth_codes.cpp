#include "sandbox/auth_codes.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tollgate::sandbox {
namespace {

constexpr std::string_view kStoryPrefix = "2800000000";

constexpr std::array<std::pair<std::string_view, Story>, 10> kStories = {{
    {"01", Story::waits},
    {"02", Story::bad_code},
    {"03", Story::no_money},
    {"04", Story::unclear_unpaid},
    {"05", Story::unclear_paid},
    {"06", Story::silent_paid},
    {"07", Story::silent_unpaid},
    {"08", Story::rolled_back},
    {"09", Story::leaves},
    {"10", Story::unclear_lost},
}};

bool all_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Story story_of(std::string_view auth_code) {
    if (!auth_code.starts_with(kStoryPrefix)) return Story::pays;
    for (const auto& [ending, story] : kStories) {
        if (auth_code.ends_with(ending)) return story;
    }
    return Story::pays;
}

bool is_auth_code(std::string_view text) {
    if (text.starts_with("fp")) return text.size() == 35;
    if (text.size() < 16 || text.size() > 24 || !all_digits(text)) return false;
    return text.substr(0, 2) >= "25" && text.substr(0, 2) <= "30";
}

bool AuthCodes::take(std::string_view auth_code, const std::string& order) {
    const auto [found, is_new] = order_of_.try_emplace(std::string(auth_code), order);
    if (!is_new) return found->second == order;
    oldest_first_.emplace_back(auth_code);
    if (oldest_first_.size() > kCodesMax) {
        order_of_.erase(oldest_first_.front());
        oldest_first_.pop_front();
    }
    return true;
}

}  // namespace tollgate::sandbox
