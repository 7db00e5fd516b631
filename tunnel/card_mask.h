#pragma once

#include <string>
#include <string_view>

namespace tollgate::tunnel {

// The text with every number that can be a bank card's as "622202******1234": 13 to 19 digits,
// perhaps in groups, that begin as cards do and whose check digit is right. Other numbers (an
// order's, a trade's, a merchant's 2088…) stay. For showing: never on the way to the app. Pure.
std::string with_cards_masked(std::string_view text);

}  // namespace tollgate::tunnel
