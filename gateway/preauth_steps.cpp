#include "gateway/preauth_steps.h"

#include <algorithm>

#include "base/id.h"
#include "base/json_object.h"
#include "callbacks/difference.h"
#include "callbacks/preauth_move.h"
#include "callbacks/promotion.h"

namespace tollgate::gateway {
namespace {

using ledger::Books;
using ledger::Preauthorisation;
using ledger::PreauthStatus;
using FindingKind = PreauthFinding::Kind;

constexpr std::chrono::seconds kBuyerLook{5};
constexpr std::chrono::minutes kBuyerLookMax{1};
constexpr std::chrono::seconds kTryAgain{2};
constexpr std::chrono::minutes kTryAgainMax{5};
constexpr std::int64_t kAtOnce = 4;  // So many steps follow each other without a pause.

constexpr const char* kPaidElsewhere = "preauthorisation_paid_elsewhere";
constexpr const char* kTakenByOthers = "money was taken from it, and not by us";

// Somebody has to move it on: the buyer, or the timer.
bool is_under_way(PreauthStatus status) {
    return status == PreauthStatus::trying || status == PreauthStatus::confirming ||
           status == PreauthStatus::cancelling;
}

std::chrono::milliseconds doubled(std::chrono::milliseconds wait, std::int64_t times,
                                  std::chrono::milliseconds most) {
    for (std::int64_t i = 0; i < times && wait < most; ++i) wait *= 2;
    return std::min(wait, most);
}

// One run over one pre-authorisation.
class PreauthStep {
public:
    PreauthStep(Books& books, const StepContext& context, Preauthorisation preauth)
        : books_(books), context_(context), preauth_(std::move(preauth)), next_(preauth_) {
        next_.calling_until = std::nullopt;
    }

    Result<Preauthorisation> take(PreauthCall call, const PreauthFinding& finding) {
        switch (preauth_.status) {
            case PreauthStatus::trying: TOLLGATE_DO(on_trying(call, finding)); break;
            case PreauthStatus::frozen: TOLLGATE_DO(on_frozen(finding)); break;
            case PreauthStatus::confirming: TOLLGATE_DO(on_confirming(call, finding)); break;
            case PreauthStatus::cancelling: TOLLGATE_DO(on_cancelling(call, finding)); break;
            case PreauthStatus::confirmed:
            case PreauthStatus::cancelled:
            case PreauthStatus::failed: break;
        }
        TOLLGATE_DO(tell_overdue());
        TOLLGATE_DO(callbacks::move_preauth(books_, preauth_, std::move(next_), context_.origin,
                                            context_.time.now, context_.entropy));
        return preauth_;
    }

private:
    Timestamp now() const { return context_.time.now; }

    void soon() {
        const std::int64_t tried = preauth_.attempts;
        next_.next_sweep_at =
            tried < kAtOnce ? now() : now() + doubled(kTryAgain, tried - kAtOnce, kTryAgainMax);
    }
    // Not at once even when it was the first: nothing has changed since.
    void later() {
        next_.next_sweep_at = now() + doubled(kTryAgain, preauth_.attempts, kTryAgainMax);
    }
    void become(PreauthStatus status, const std::string& failure = {}) {
        next_.status = status;
        next_.ask_next = false;
        next_.refused = false;
        next_.failure = failure.empty() ? std::nullopt : std::optional(failure);
        next_.next_sweep_at = now();
    }
    // False: another amount is frozen. It counts as not frozen, so that the whole operation is
    // cancelled: an unfreeze of the amount that we know would leave a rest, or be refused.
    Result<bool> note_frozen(const PreauthFinding& finding) {
        next_.auth_no = finding.auth_no;
        if (!finding.payer_id.empty()) next_.payer_id = finding.payer_id;
        if (finding.amount && *finding.amount != preauth_.amount) {
            next_.frozen_at = std::nullopt;
            TOLLGATE_DO(amounts_disagree(preauth_.amount, *finding.amount));
            return false;
        }
        next_.frozen_at = preauth_.frozen_at.value_or(now());
        return true;
    }
    bool time_is_over() const {
        return context_.time.trusted && now() >= preauth_.expires_at + kPreauthGrace;
    }

    Result<Done> on_trying(PreauthCall call, const PreauthFinding& finding) {
        if (finding.kind == FindingKind::frozen) {
            TOLLGATE_TRY(const bool as_asked, note_frozen(finding));
            if (as_asked) {
                stay_frozen();
            } else {
                become(PreauthStatus::cancelling, "another amount was frozen");
            }
            return Done{};
        }
        // Only the first freeze's refusal proves that there is none: an earlier one may have come
        // through.
        const bool none_was_frozen =
            call == PreauthCall::freeze && finding.kind == FindingKind::refused;
        if (finding.kind == FindingKind::ended || none_was_frozen) {
            become(PreauthStatus::failed, finding.why);
        } else {
            wait_for_buyer(finding);
        }
        return Done{};
    }

    void wait_for_buyer(const PreauthFinding& finding) {
        if (!finding.action.empty()) next_.action = finding.action;
        if (finding.kind == FindingKind::unclear) next_.failure = finding.why;
        if (finding.kind != FindingKind::unclear && time_is_over()) {
            return become(PreauthStatus::cancelling, "the buyer's time is over");
        }
        next_.next_sweep_at = now() + doubled(kBuyerLook, preauth_.attempts / 4, kBuyerLookMax);
    }

    Result<Done> on_frozen(const PreauthFinding& finding) {
        next_.next_sweep_at = now() + callbacks::kFrozenLook;
        return finding.kind == FindingKind::ended
                   ? released(finding, "let go at Alipay, and not by us")
                   : Done{};
    }

    Result<Done> on_confirming(PreauthCall call, const PreauthFinding& finding) {
        if (call == PreauthCall::trade_query) return on_trade(finding.trade);
        if (call == PreauthCall::pay) {
            next_.refused = finding.kind == FindingKind::refused;
            if (next_.refused) next_.failure = finding.why;
        }
        soon();
        return Done{};
    }

    Result<Done> on_trade(const QueryFinding& trade) {
        soon();
        if (trade.kind == QueryFinding::Kind::no_trade) {
            if (preauth_.refused) return not_paid(preauth_.failure.value_or("refused"));
            // The same number again: at Alipay it can be paid once only.
            next_.ask_next = false;
            return Done{};
        }
        const auto input = input_of(trade);
        if (trade.kind != QueryFinding::Kind::trade || !input) {
            next_.failure = trade.why;
            return Done{};
        }
        if (*input == ledger::Input::trade_closed_unpaid) {
            return not_paid("the trade is closed, and unpaid");
        }
        const auto decision = ledger::decide(ledger::PaymentStatus::pending, *input);
        if (decision.kind != ledger::Decision::Kind::move) return Done{};
        if (trade.total_amount != preauth_.capture) {
            later();
            return amounts_disagree(preauth_.capture.value_or(Money()),
                                    trade.total_amount.value_or(Money()));
        }
        return confirmed(trade, decision);
    }

    // It is frozen as before, unless Alipay has told that the money went to somebody else.
    Result<Done> not_paid(const std::string& why) {
        TOLLGATE_TRY(const auto told,
                     books_.read().difference_about(preauth_.app, preauth_.id, kPaidElsewhere));
        if (told) {
            become(PreauthStatus::cancelled, kTakenByOthers);
        } else {
            stay_frozen(why);
        }
        return Done{};
    }

    void stay_frozen(const std::string& why = {}) {
        become(PreauthStatus::frozen, why);
        next_.next_sweep_at = now() + callbacks::kFrozenLook;
    }

    // From here on it is a payment like any other.
    Result<Done> confirmed(const QueryFinding& trade, const ledger::Decision& decision) {
        become(PreauthStatus::confirmed);
        ledger::Payment payment;
        payment.id = make_id("pay", now(), context_.entropy);
        payment.app = preauth_.app;
        payment.out_trade_no = preauth_.out_auth_no;
        payment.seller_id = preauth_.seller_id;
        payment.product = "preauthorisation";
        payment.amount = *preauth_.capture;
        payment.subject = preauth_.subject;
        // It may have been paid long before its lost answer was made up for, but not before this.
        payment.created_at = preauth_.frozen_at.value_or(preauth_.created_at);
        payment.updated_at = now();
        payment.expires_at = preauth_.expires_at;
        // It was we who paid, so no notification has to be waited for.
        const ledger::Origin origin{.cause = ledger::Cause::api,
                                    .cause_id = preauth_.id,
                                    .request_id = context_.origin.request_id};
        const auto added =
            books_.add_payment(payment, {.fingerprint = preauth_.fingerprint}, origin);
        if (!added && added.error().code() == ErrorCode::conflict) {
            return disagree("preauthorisation_number_taken", facts());
        }
        TOLLGATE_DO(added);
        next_.payment = payment.row;
        return callbacks::promote(books_, payment,
                                  {.decision = decision,
                                   .trade_no = trade.trade_no,
                                   .paid_at = trade.paid_at.value_or(now()),
                                   .rules = context_.app->rules,
                                   .origin = origin,
                                   .now = now()},
                                  context_.entropy);
    }

    Result<Done> on_cancelling(PreauthCall call, const PreauthFinding& finding) {
        const bool was_cancel =
            call == PreauthCall::operation_cancel || call == PreauthCall::unfreeze;
        if (finding.kind == FindingKind::none) {
            not_there();
        } else if (was_cancel && finding.kind == FindingKind::done) {
            become(PreauthStatus::cancelled, preauth_.failure.value_or(""));
        } else if (was_cancel) {
            next_.ask_next = true;
            soon();
        } else if (call == PreauthCall::freeze && finding.kind == FindingKind::refused) {
            // The try that was cancelled while it was under way has frozen nothing.
            become(PreauthStatus::cancelled, finding.why);
        } else if (finding.kind == FindingKind::ended) {
            return released(finding, preauth_.failure.value_or(""));
        } else {
            if (finding.kind == FindingKind::frozen) TOLLGATE_DO(note_frozen(finding));
            // A freeze is asked about until the answer is clear.
            next_.ask_next =
                finding.kind == FindingKind::unclear && call == PreauthCall::freeze_query;
            soon();
        }
        return Done{};
    }

    // A freeze that left may still arrive, and a code that was handed out may still be scanned.
    void not_there() {
        if (time_is_over()) return become(PreauthStatus::cancelled, preauth_.failure.value_or(""));
        next_.ask_next = false;
        later();
    }

    // Nothing is frozen any more.
    Result<Done> released(const PreauthFinding& finding, const std::string& why) {
        if (!finding.was_paid_from) {
            become(PreauthStatus::cancelled, why);
            return Done{};
        }
        TOLLGATE_DO(disagree(kPaidElsewhere, facts()));
        if (!preauth_.capture) {
            become(PreauthStatus::cancelled, kTakenByOthers);
            return Done{};
        }
        // A payment that Alipay had refused may have come through after all: then it has to be in
        // the ledger. Nothing can be paid from it any more, so the query's word is the last one.
        become(PreauthStatus::confirming);
        next_.ask_next = true;
        next_.refused = true;
        return Done{};
    }

    // Told once, and it goes on. What was frozen for days is late only when its end has lasted.
    Result<Done> tell_overdue() {
        const bool stays = next_.status == preauth_.status && is_under_way(preauth_.status);
        const bool rests = next_.next_sweep_at && *next_.next_sweep_at > now();
        const Timestamp over_at =
            std::max(preauth_.updated_at, preauth_.expires_at + kPreauthGrace);
        if (!stays || !rests || now() < over_at + kOverdueAfter) return Done{};
        JsonObject why = facts();
        why.maybe_text("failure", next_.failure);
        return disagree("preauthorisation_overdue", std::move(why));
    }

    Result<Done> amounts_disagree(Money here, Money at_alipay) {
        JsonObject amounts = facts();
        amounts.number("amount_here", here.fen()).number("amount_at_alipay", at_alipay.fen());
        return disagree("preauthorisation_amount_mismatch", std::move(amounts));
    }

    JsonObject facts() const {
        JsonObject members;
        members.text("out_auth_no", preauth_.out_auth_no)
            .text("status", name_of(preauth_.status))
            .maybe_text("auth_no", next_.auth_no);
        return members;
    }

    Result<Done> disagree(const std::string& difference_class, JsonObject evidence) {
        TOLLGATE_TRY([[maybe_unused]] const bool opened,
                     callbacks::open_difference(books_, nullptr,
                                                {.app = preauth_.app,
                                                 .difference_class = difference_class,
                                                 .trade_no = preauth_.id,
                                                 .notification = std::nullopt,
                                                 .evidence = std::move(evidence).end(),
                                                 .holds = false,
                                                 .origin = context_.origin,
                                                 .now = now()},
                                                context_.entropy));
        return Done{};
    }

    Books& books_;
    const StepContext& context_;
    Preauthorisation preauth_;
    Preauthorisation next_;
};

}  // namespace

Result<Preauthorisation> apply_preauth(Books& books, const DuePreauth& due,
                                       const PreauthFinding& finding, const StepContext& context) {
    TOLLGATE_TRY(auto preauth, books.read().preauths().by_row(due.preauth.row));
    if (!preauth) return Error(ErrorCode::data_corruption, "a pre-authorisation has gone");
    return PreauthStep(books, context, *std::move(preauth)).take(due.call, finding);
}

}  // namespace tollgate::gateway
