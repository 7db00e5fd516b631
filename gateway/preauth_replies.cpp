#include "gateway/preauth_replies.h"

#include "gateway/answers.h"
#include "gateway/preauth_unit.h"

namespace tollgate::gateway {

using ledger::Preauthorisation;
using ledger::PreauthStatus;
using transport::ServerResponse;

std::string with_action(const Preauthorisation& preauth) {
    std::string json = to_json(preauth);
    if (preauth.status != PreauthStatus::trying) return json;
    json.pop_back();
    return json + R"(,"action":)" + preauth.action.value_or("null") + "}";
}

ServerResponse reply_to_try(const Preauthorisation& preauth) {
    switch (preauth.status) {
        case PreauthStatus::failed:
            return to_response(preauth_problem(
                "freeze_refused",
                "Nothing was frozen: " + preauth.failure.value_or("no reason given"), preauth));
        case PreauthStatus::cancelling:
        case PreauthStatus::cancelled:
            return to_response(preauth_problem("preauthorisation_cancelled",
                                               "It was cancelled meanwhile", preauth));
        case PreauthStatus::trying:
            return json_response(preauth.action ? 200 : 202, with_action(preauth));
        case PreauthStatus::frozen:
        case PreauthStatus::confirming:
        case PreauthStatus::confirmed: break;
    }
    return json_response(200, to_json(preauth));
}

ServerResponse reply_to_confirm(const Preauthorisation& preauth) {
    if (preauth.status == PreauthStatus::confirmed) return json_response(200, to_json(preauth));
    if (preauth.status == PreauthStatus::confirming) {
        return to_response(not_yet("confirm_unfinished",
                                   "Alipay has not said yet that it is paid: send it again later",
                                   preauth));
    }
    if (preauth.status == PreauthStatus::frozen) {
        return to_response(
            preauth_problem("confirm_refused",
                            "Alipay refused to pay from it, and it is still frozen: " +
                                preauth.failure.value_or("no reason given") +
                                ". Confirm again once the cause is mended, or cancel",
                            preauth, 422));
    }
    return to_response(
        preauth_problem("preauthorisation_cancelled", "It cannot be confirmed", preauth));
}

ServerResponse reply_to_cancel(const Preauthorisation& preauth) {
    switch (preauth.status) {
        case PreauthStatus::cancelled:
        case PreauthStatus::failed: return json_response(200, to_json(preauth));
        case PreauthStatus::confirming:
        case PreauthStatus::confirmed:
            return to_response(preauth_problem("preauthorisation_confirmed",
                                               "Money was taken before it could be let go",
                                               preauth));
        case PreauthStatus::trying:
        case PreauthStatus::frozen:
        case PreauthStatus::cancelling: break;
    }
    return to_response(not_yet(
        "cancel_unfinished",
        "It can no longer be confirmed, and Alipay has not said yet that nothing is frozen: send "
        "it again later",
        preauth));
}

}  // namespace tollgate::gateway
