#include "callbacks/auth_notification.h"

#include <utility>

#include "base/money.h"
#include "callbacks/preauth_move.h"

namespace tollgate::callbacks {
namespace {

using ledger::Preauthorisation;
using ledger::PreauthStatus;
using ledger::Verdict;

std::string_view text_of(const signing::Fields& fields, std::string_view name) {
    return signing::find(fields, name).value_or("");
}

// The name of the first check that fails, or empty.
std::string_view failed_auth_check(const signing::Fields& fields, const Preauthorisation& preauth) {
    const auto payee = text_of(fields, "payee_user_id");
    if (!payee.empty() && payee != preauth.seller_id) return "seller_id_mismatch";
    const auto auth_no = text_of(fields, "auth_no");
    if (auth_no.empty()) return "field_missing";
    if (preauth.auth_no && *preauth.auth_no != auth_no) return "auth_no_mismatch";
    if (text_of(fields, "operation_type") != "FREEZE") return {};
    const auto amount = Money::parse_yuan(text_of(fields, "amount"));
    if (!amount) return "field_malformed";
    return *amount == preauth.amount ? std::string_view() : "amount_mismatch";
}

bool is_under_way(PreauthStatus status) {
    switch (status) {
        case PreauthStatus::trying:
        case PreauthStatus::frozen:
        case PreauthStatus::confirming:
        case PreauthStatus::cancelling: return true;
        case PreauthStatus::confirmed:
        case PreauthStatus::cancelled:
        case PreauthStatus::failed: return false;
    }
    return false;
}

Preauthorisation hurried(Preauthorisation next, Timestamp now) {
    next.next_sweep_at = now;
    // What is being let go may be frozen only now: whether it is, and under which number, is asked
    // before it is let go.
    if (next.status == PreauthStatus::cancelling && !next.frozen_at) next.ask_next = true;
    return next;
}

Preauthorisation frozen(const signing::Fields& fields, Preauthorisation next, Timestamp now) {
    next.status = PreauthStatus::frozen;
    next.auth_no = std::string(text_of(fields, "auth_no"));
    if (const auto payer = text_of(fields, "payer_user_id"); !payer.empty()) {
        next.payer_id = std::string(payer);
    }
    next.frozen_at = now;
    next.ask_next = false;
    next.failure = std::nullopt;
    next.next_sweep_at = now + kFrozenLook;
    return next;
}

}  // namespace

AuthJudgement judge_authorisation(const signing::Fields& fields, const Preauthorisation& preauth,
                                  Timestamp now) {
    const bool under_way = is_under_way(preauth.status);
    if (const auto failed = failed_auth_check(fields, preauth); !failed.empty()) {
        AuthJudgement judgement{.verdict = Verdict::rejected, .reason = std::string(failed)};
        if (under_way) judgement.next = hurried(preauth, now);
        return judgement;
    }
    const bool is_freeze = text_of(fields, "operation_type") == "FREEZE";
    const bool succeeded = text_of(fields, "status") == "SUCCESS";
    if (is_freeze && succeeded && preauth.status == PreauthStatus::trying) {
        return {.verdict = Verdict::accepted, .reason = "", .next = frozen(fields, preauth, now)};
    }
    const bool is_known = is_freeze && succeeded && preauth.frozen_at;
    if (!under_way || is_known) {
        return {.verdict = Verdict::stale, .reason = "no_news", .next = std::nullopt};
    }
    return {.verdict = Verdict::accepted, .reason = "asks", .next = hurried(preauth, now)};
}

}  // namespace tollgate::callbacks
