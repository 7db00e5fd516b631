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
            case PreauthStatus::trying: on_trying(call, finding); break;
            case PreauthStatus::frozen: TOLLGATE_DO(on_frozen(finding)); break;
            case PreauthStatus::confirming: TOLLGATE_DO(on_confirming(call, finding)); break;
            case PreauthStatus::cancelling: TOLLGATE_DO(on_cancelling(call, finding)); break;
            case PreauthStatus::confirmed:
            case PreauthStatus::cancelled:
            case PreauthStatus::failed: break;
        }
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
    void note_frozen(const PreauthFinding& finding) {
        next_.auth_no = finding.auth_no;
        if (!finding.payer_id.empty()) next_.payer_id = finding.payer_id;
        next_.frozen_at = preauth_.frozen_at.value_or(now());
    }
    bool time_is_over() const {
        return context_.time.trusted && now() >= preauth_.expires_at + kPreauthGrace;
    }

    void on_trying(PreauthCall call, const PreauthFinding& finding) {
        if (finding.kind == FindingKind::frozen) {
            note_frozen(finding);
            if (finding.amount && *finding.amount != preauth_.amount) {
                return become(PreauthStatus::cancelling, "another amount was frozen");
            }
            become(PreauthStatus::frozen);
            next_.next_sweep_at = now() + callbacks::kFrozenLook;
            return;
        }
        if (finding.kind == FindingKind::ended) return become(PreauthStatus::failed, finding.why);
        // Only the first freeze's refusal proves that there is none: an earlier one may have come
        // through.
        if (call == PreauthCall::freeze && finding.kind == FindingKind::refused) {
            return become(PreauthStatus::failed, finding.why);
        }
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
            // The same number again: at Alipay it can be paid once only.
            next_.ask_next = false;
            if (preauth_.refused) back_to_frozen(preauth_.failure.value_or("refused"));
            return Done{};
        }
        const auto input = input_of(trade);
        if (trade.kind != QueryFinding::Kind::trade || !input) {
            next_.failure = trade.why;
            return Done{};
        }
        if (*input == ledger::Input::trade_closed_unpaid) {
            back_to_frozen("the trade is closed, and unpaid");
            return Done{};
        }
        const auto decision = ledger::decide(ledger::PaymentStatus::pending, *input);
        if (decision.kind != ledger::Decision::Kind::move) return Done{};
        if (trade.total_amount != preauth_.capture) {
            later();
            return disagree("preauthorisation_amount_mismatch");
        }
        return confirmed(trade, decision);
    }

    void back_to_frozen(const std::string& why) {
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
            return disagree("preauthorisation_number_taken");
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
            if (finding.kind == FindingKind::frozen) note_frozen(finding);
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
        TOLLGATE_DO(disagree("preauthorisation_paid_elsewhere"));
        if (!preauth_.capture) {
            become(PreauthStatus::cancelled, "money was taken from it, and not by us");
            return Done{};
        }
        // A payment that Alipay had refused came through after all: it has to be in the ledger.
        become(PreauthStatus::confirming);
        next_.ask_next = true;
        return Done{};
    }

    Result<Done> disagree(const std::string& difference_class) {
        JsonObject evidence;
        evidence.text("out_auth_no", preauth_.out_auth_no)
            .text("status", name_of(preauth_.status))
            .maybe_text("auth_no", preauth_.auth_no);
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
