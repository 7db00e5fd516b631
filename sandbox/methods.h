#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "sandbox/json.h"
#include "sandbox/signed_request.h"
#include "sandbox/trade_book.h"

namespace tollgate::sandbox {

// What a method works with. The caller holds the lock on the book.
struct MethodWorld {
    TradeBook& trades;
    Timestamp now;
    std::string_view base_url;  // Of the pretend Alipay, for addresses in answers.
};

// What came of it: members of the answer's node behind code and msg, or the cashier to show.
struct Handled {
    Json node = Json::object();
    std::string cashier;
};

// How a method reaches us.
enum class Door {
    page,  // A buyer's browser opens it: shows the cashier.
    app,   // An order string that only the Alipay app takes.
    call,  // A server calls it: answered with JSON.
};

// One row of the table of methods: a later method is one more row and one more function.
struct Method {
    std::string_view name;
    Door door;
    Result<Handled> (*run)(const SignedRequest&, const MethodWorld&);
};

// nullptr for a method that the pretend Alipay does not have.
const Method* find_method(std::string_view name);

// Links and order strings are opened later than they were signed.
bool opened_by_buyer(const Method& method);

}  // namespace tollgate::sandbox
