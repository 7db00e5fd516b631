#include "ledger/preauthorisation.h"

#include "base/check.h"
#include "base/json_object.h"

namespace tollgate::ledger {

std::string_view name_of(PreauthStatus status) {
    switch (status) {
        case PreauthStatus::trying: return "trying";
        case PreauthStatus::frozen: return "frozen";
        case PreauthStatus::confirming: return "confirming";
        case PreauthStatus::confirmed: return "confirmed";
        case PreauthStatus::cancelling: return "cancelling";
        case PreauthStatus::cancelled: return "cancelled";
        case PreauthStatus::failed: return "failed";
    }
    TOLLGATE_CHECK(false);
    return {};
}

std::optional<PreauthStatus> preauth_status_from(std::string_view name) {
    for (const PreauthStatus status : kPreauthStatuses) {
        if (name_of(status) == name) return status;
    }
    return std::nullopt;
}

bool is_empty_cancel(const Preauthorisation& preauth) {
    return preauth.status == PreauthStatus::cancelled && preauth.amount.fen() == 0;
}

std::string to_json(const Preauthorisation& preauth) {
    JsonObject json;
    json.text("id", preauth.id)
        .text("app", preauth.app)
        .text("out_auth_no", preauth.out_auth_no)
        .text("status", name_of(preauth.status))
        .number("version", preauth.version)
        .text("product", preauth.product)
        .number("amount", preauth.amount.fen())
        .text("currency", "CNY")
        .text("subject", preauth.subject);
    if (preauth.capture) json.number("capture", preauth.capture->fen());
    json.maybe_text("auth_no", preauth.auth_no)
        .time("created_at", preauth.created_at)
        .time("updated_at", preauth.updated_at)
        .time("expires_at", preauth.expires_at)
        .time("frozen_at", preauth.frozen_at);
    if (preauth.failure) json.text("failure", *preauth.failure);
    return std::move(json).end();
}

}  // namespace tollgate::ledger
