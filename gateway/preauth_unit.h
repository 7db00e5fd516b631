#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "callbacks/app.h"
#include "config/json_reader.h"
#include "gateway/callers.h"
#include "gateway/preauth_steps.h"
#include "gateway/problem.h"

namespace tollgate::gateway {

// Alipay's; the freeze's and the payment's must be the same (protocol notes 9.16).
std::string_view preauth_product_code(std::string_view product);

// POST /v1/preauthorisations, read and checked.
struct PreauthRequest {
    std::string app;
    std::string out_auth_no;
    std::string product;
    std::string subject;
    std::string auth_code;  // Of a barcode; never stored.
    Money amount;
    std::int64_t expires_in = 0;  // Minutes.
    std::string fingerprint;      // JSON.
};
PreauthRequest read_preauth_request(std::string_view body, std::vector<config::Problem>& problems);

bool is_auth_number(std::string_view text);

// The fields of the freeze call, for every product.
nlohmann::json freeze_biz_content(const PreauthRequest& request, std::string_view seller_id);

// What became of a wish.
struct PreauthOutcome {
    enum class Kind {
        begun,     // A freeze call is to be made, under the lease that it has.
        due,       // Due now: see to it, then answer.
        as_it_is,  // Nothing is to be done; answer with it.
        problem,
    };
    Kind kind = Kind::as_it_is;
    ledger::Preauthorisation preauth;
    ApiProblem problem;
};

// Who wishes what of which one.
struct PreauthWish {
    std::string app;
    std::string out_auth_no;
    std::optional<Money> amount;  // Of a confirm; absent: all that is frozen.
    bool has_looked = false;      // Of a confirm: Alipay was asked whether it is frozen.
};

// The units of work of try, confirm and cancel. Errors: those of Books.
Result<PreauthOutcome> begin_try(ledger::Books& books, const ledger::Preauthorisation& wanted,
                                 bool needs_call, const StepContext& context,
                                 Timestamp lease_until);
Result<PreauthOutcome> begin_confirm(ledger::Books& books, const PreauthWish& wish,
                                     const StepContext& context);
Result<PreauthOutcome> begin_cancel(ledger::Books& books, const PreauthWish& wish,
                                    const StepContext& context);

ApiProblem no_such_preauth();
// 425: no 2xx, for a coordinator takes any of those for done.
ApiProblem not_yet(std::string code, std::string title, const ledger::Preauthorisation& preauth);
ApiProblem preauth_problem(std::string code, std::string title,
                           const ledger::Preauthorisation& preauth, int status = 409);

}  // namespace tollgate::gateway
