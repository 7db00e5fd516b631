#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "sandbox/books.h"
#include "sandbox/json.h"
#include "sandbox/notice.h"
#include "sandbox/signed_request.h"

namespace tollgate::sandbox {

// What a method works with. The caller holds the lock on the books.
struct MethodWorld {
    Books& books;
    Timestamp now;
    std::string_view base_url;  // Of the pretend Alipay, for addresses in answers.
    // A scanned code pays up to this much without the buyer's password.
    Money no_password_max = Money::from_fen(100'000);
    bool bills_at_once = false;  // Today's bill can be had today; else at nine tomorrow, as there.
};

// How an answer leaves.
enum class Reply {
    success,  // Code 10000.
    waits,    // Code 10003: the trade waits for its buyer.
    bare,     // Without code and msg, and a failure as error_response:
              // alipay.system.oauth.token.
    never,    // Not at all: the caller has to find out.
};

// What came of it: members of the answer's node behind code and msg, or the
// cashier to show.
struct Handled {
    Json node = Json::object();
    std::string cashier = {};  // Of the trade, or of the pre-authorisation.
    Reply reply = Reply::success;
    std::vector<Notice> notices = {};  // To be sent beside those that a trade's change causes.
};

// How a method reaches us.
enum class Door {
    page,  // A buyer's browser opens it: shows the cashier.
    app,   // An order string that only the Alipay app takes.
    call,  // A server calls it: answered with JSON.
};

using Run = Result<Handled>;

// One row of the table of methods: a later method is one more row and one more
// function.
struct Method {
    std::string_view name;
    Door door;
    Run (*run)(const SignedRequest&, const MethodWorld&);
    bool needs_biz_content = true;
    // The path of v3 is the name with '/' for '.'. Empty: it has none, as page and app methods.
    std::string_view v3_verb = "POST";
};

// Every method that the pretend Alipay has.
std::span<const Method> all_methods();

// nullptr for a method that the pretend Alipay does not have.
const Method* find_method(std::string_view name);

// Links and order strings are opened later than they were signed.
bool opened_by_buyer(const Method& method);

bool has_v3(const Method& method);

// For documents: "v2, v3", "v2", or "–" for a method that the pretend Alipay does not have.
std::string_view apis_of(std::string_view name);

}  // namespace tollgate::sandbox
