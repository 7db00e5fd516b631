#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tollgate::sandbox {

// What happens when the code on a buyer's phone is scanned. A code that begins with 2800000000
// tells a story by its last two digits, so that every outcome can be rehearsed.
enum class Story {
    pays,            // Any other code: paid at once, or after a password for a large amount.
    waits,           // …01: 10003, the buyer is asked for his password.
    bad_code,        // …02: ACQ.PAYMENT_AUTH_CODE_INVALID.
    no_money,        // …03: ACQ.BUYER_BALANCE_NOT_ENOUGH.
    unclear_unpaid,  // …04: 20000, and the trade still waits for the buyer.
    unclear_paid,    // …05: 20000, though it was paid.
    silent_paid,     // …06: never answered, though it was paid.
    silent_unpaid,   // …07: never answered, and the trade still waits for the buyer.
    rolled_back,     // …08: 10000, but the trade is closed without money having moved.
    leaves,          // …09: 10003, then the buyer says no: the trade is closed.
    unclear_lost,    // …10: 20000, and no trade was made.
};

Story story_of(std::string_view auth_code);

// "25" to "30" and 16 to 24 digits in all, or a face: "fp" and 33 more characters.
bool is_auth_code(std::string_view text);

// A code is good for one order. Remembers the latest kCodesMax. Use from one thread at a time.
class AuthCodes {
public:
    static constexpr std::size_t kCodesMax = 20'000;

    // False when the code has been used for another order. `order` names it ("seller/number").
    bool take(std::string_view auth_code, const std::string& order);

private:
    std::unordered_map<std::string, std::string> order_of_;
    std::deque<std::string> oldest_first_;
};

}  // namespace tollgate::sandbox
