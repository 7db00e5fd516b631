#include "gateway/trade_steps.h"

#include <algorithm>

#include "base/id.h"
#include "callbacks/difference.h"
#include "callbacks/promotion.h"
#include "gateway/look_schedule.h"

namespace tollgate::gateway {
namespace {

using ledger::Books;
using ledger::Decision;
using ledger::Input;
using ledger::Payment;
using ledger::PaymentStatus;

constexpr std::chrono::hours kAskAgainWhenPaid{1};
constexpr std::chrono::hours kAppIsGone{1};

Result<Payment> find(Books& books, const std::string& payment_id) {
    TOLLGATE_TRY(auto found, books.read().payment_by_id(payment_id));
    if (!found) return Error(ErrorCode::not_found, "there is no such payment");
    return *std::move(found);
}

// One run of a step: the payment as it stands, and what is known of why.
class TradeMove {
public:
    TradeMove(Books& books, const StepContext& context, Payment payment)
        : books_(books), context_(context), payment_(std::move(payment)) {}

    Result<Done> believe(const QueryFinding& finding) {
        std::optional<Payment> holder;
        if (!payment_.trade_no) {
            TOLLGATE_TRY(holder, books_.read().payment_by_trade_no(finding.trade_no));
        }
        const std::string_view failed = failed_check(payment_, finding, holder);
        if (!failed.empty()) {
            TOLLGATE_DO(disagree(failed, finding));
            // A person has settled just this: it may end, but no money is taken by it.
            return payment_.held ? Result<Done>(Done{}) : end_without_money(finding);
        }
        const auto input = input_of(finding);
        if (!input) return Done{};
        const Decision decision = ledger::decide(payment_.status, *input);
        switch (decision.kind) {
            case Decision::Kind::move: return move(decision, &finding);
            case Decision::Kind::contradiction: return disagree("contradiction", finding);
            case Decision::Kind::stay:
            case Decision::Kind::ask:
            case Decision::Kind::refuse: break;
        }
        return payment_.trade_no || ledger::is_final(payment_.status) ? Result<Done>(Done{})
                                                                      : bind(finding.trade_no);
    }

    // A trade that Alipay had numbered before it was asked cannot vanish.
    Result<Done> miss_trade(const QueryFinding& finding) {
        if (!payment_.trade_no || ledger::is_final(payment_.status)) return Done{};
        return disagree("trade_missing", finding);
    }

    Result<Done> by_the_clock(const QueryFinding& finding) {
        if (payment_.status == PaymentStatus::paid) return finish_window(finding);
        switch (wish_of_timer(payment_, finding, context_.time)) {
            case TimersWish::nothing: return Done{};
            case TimersWish::close: return wish(Input::close_requested, std::nullopt);
            case TimersWish::cancel: return wish(Input::close_requested, true);
            case TimersWish::expired: return wish(Input::expired, std::nullopt);
        }
        return Done{};
    }

    Result<Done> by_cancel(const CancelFinding& finding) {
        using Found = CancelFinding::Kind;
        switch (finding.kind) {
            case Found::again:
            case Found::nothing: return Done{};
            case Found::refused:
                // What cannot be cancelled may still be closed, or is paid: the next query tells.
                return payment_.cancelling ? set_cancelling(false) : Result<Done>(Done{});
            case Found::closed: return cancelled(Input::trade_closed_unpaid, finding);
            case Found::refunded: return cancelled(Input::trade_refunded, finding);
        }
        return Done{};
    }

    Result<Done> tell_overdue() {
        const auto end = ends_by(payment_);
        if (!end || payment_.held || context_.time.now < *end + kOverdueAfter) return Done{};
        TOLLGATE_TRY(const bool opened,
                     open("overdue_" + std::string(name_of(payment_.status)), "{}", false));
        static_cast<void>(opened);
        return Done{};
    }

    // A wish to ask that came while the answer was on its way.
    void note_wish(const ErrandSoFar& so_far) {
        const auto& at = payment_.next_sweep_at;
        const bool is_wish = at && at != so_far.next_look && *at <= context_.time.now;
        if (is_wish && !ledger::is_final(payment_.status)) wished_at_ = at;
    }

    Result<TradeStep> rest() {
        TOLLGATE_DO(tell_overdue());
        TOLLGATE_DO(books_.rest(payment_, wished_at_ ? wished_at_ : next_sweep()));
        return taken(TradeCall::none);
    }

    TradeStep taken(TradeCall next) {
        return {.payment = std::move(payment_), .next = next, .opened = std::move(opened_)};
    }

    Result<Done> wish(Input input, std::optional<bool> cancelling) {
        const Decision decision = ledger::decide(payment_.status, input);
        if (decision.kind != Decision::Kind::move) return Done{};
        return move(decision, nullptr, cancelling, ledger::Cause::timer);
    }

    Result<Done> end_as_asked(const Decision& decision, Ending ending) {
        const auto cancelling =
            ending == Ending::cancel ? std::optional(true) : std::optional<bool>();
        return move(decision, nullptr, cancelling, context_.origin.cause);
    }

    Result<Done> set_cancelling(bool cancelling) {
        return books_.change_payment(
            payment_,
            {.to = payment_.status, .next_sweep_at = context_.time.now, .cancelling = cancelling},
            context_.origin, context_.time.now);
    }

    const Payment& payment() const { return payment_; }

private:
    Result<Done> move(const Decision& decision, const QueryFinding* finding,
                      std::optional<bool> cancelling = std::nullopt,
                      std::optional<ledger::Cause> cause = std::nullopt) {
        callbacks::Promotion promotion{.decision = decision,
                                       .next_sweep_at = context_.time.now,
                                       .cancelling = cancelling,
                                       .rules = context_.app->rules,
                                       .origin = context_.origin,
                                       .now = context_.time.now};
        if (cause) promotion.origin.cause = *cause;
        if (finding != nullptr) {
            promotion.trade_no = finding->trade_no;
            promotion.paid_at = finding->paid_at;
        }
        return callbacks::promote(books_, payment_, promotion, context_.entropy);
    }

    Result<Done> end_without_money(const QueryFinding& finding) {
        auto input = input_of(finding);
        // The end of another trade says nothing about the money of ours.
        const bool other_trade = payment_.trade_no && *payment_.trade_no != finding.trade_no;
        if (!input || other_trade) return Done{};
        const bool never_ours = payment_.status != PaymentStatus::paid;
        if (never_ours && *input == Input::trade_refunded) input = Input::trade_closed_unpaid;
        const Decision decision = ledger::decide(payment_.status, *input);
        if (decision.kind != Decision::Kind::move) return Done{};
        const bool takes_money = std::ranges::find(decision.path, PaymentStatus::paid) !=
                                 std::ranges::end(decision.path);
        return takes_money ? Result<Done>(Done{}) : move(decision, nullptr);
    }

    Result<Done> bind(const std::string& trade_no) {
        return books_.change_payment(
            payment_,
            {.to = payment_.status, .trade_no = trade_no, .next_sweep_at = payment_.next_sweep_at},
            context_.origin, context_.time.now);
    }

    Result<bool> open(const std::string& difference_class, std::string evidence, bool holds) {
        TOLLGATE_TRY(const bool opened, callbacks::open_difference(
                                            books_, &payment_,
                                            {.app = payment_.app,
                                             .difference_class = difference_class,
                                             .trade_no = payment_.trade_no.value_or(payment_.id),
                                             .evidence = std::move(evidence),
                                             .holds = holds,
                                             .origin = context_.origin,
                                             .now = context_.time.now},
                                            context_.entropy));
        if (opened) opened_ = difference_class;
        return opened;
    }

    Result<Done> disagree(std::string_view difference_class, const QueryFinding& finding) {
        TOLLGATE_TRY(
            const bool opened,
            callbacks::open_difference(
                books_, &payment_,
                {.app = payment_.app,
                 .difference_class = std::string(difference_class),
                 .trade_no = finding.trade_no.empty() ? payment_.trade_no.value_or(payment_.id)
                                                      : finding.trade_no,
                 .evidence = evidence_of(finding),
                 .origin = context_.origin,
                 .now = context_.time.now},
                context_.entropy));
        if (opened) opened_ = difference_class;
        return Done{};
    }

    // Still paid when its refunds' window is over: nothing can change it any more.
    Result<Done> finish_window(const QueryFinding& finding) {
        const bool asked = finding.kind == QueryFinding::Kind::trade;
        const bool over =
            payment_.paid_at && context_.time.trusted &&
            context_.time.now >= *payment_.paid_at + context_.app->rules.refund_window;
        return asked && over ? wish(Input::window_over, std::nullopt) : Result<Done>(Done{});
    }

    Result<Done> cancelled(Input input, const CancelFinding& finding) {
        const Decision decision = ledger::decide(payment_.status, input);
        QueryFinding evidence;
        evidence.trade_no = finding.trade_no;
        evidence.trade_status = "TRADE_CLOSED";
        if (decision.kind == Decision::Kind::contradiction) {
            return disagree("contradiction", evidence);
        }
        if (decision.kind != Decision::Kind::move) return Done{};
        const bool numbered = !finding.trade_no.empty();
        TOLLGATE_DO(move(decision, numbered ? &evidence : nullptr));
        return input == Input::trade_refunded ? add_cancels_refund() : Result<Done>(Done{});
    }

    // Alipay's cancel has no number of its own for the money it sends back; the trade's stands in.
    // What went back before it is not sent again.
    Result<Done> add_cancels_refund() {
        TOLLGATE_TRY(const auto refunds, books_.read().refunds().of(payment_));
        const Money left =
            Money::from_fen(payment_.amount.fen() - ledger::sums_of(refunds).succeeded.fen());
        const bool there = std::ranges::any_of(refunds, [this](const ledger::Refund& refund) {
            return refund.out_request_no == payment_.out_trade_no;
        });
        if (there || left <= Money()) return Done{};
        ledger::Refund refund;
        refund.id = make_id("ref", context_.time.now, context_.entropy);
        refund.payment = payment_.row;
        refund.out_request_no = payment_.out_trade_no;
        refund.status = ledger::RefundStatus::succeeded;
        refund.amount = left;
        refund.origin = ledger::RefundOrigin::cancel;
        refund.created_at = context_.time.now;
        refund.updated_at = context_.time.now;
        refund.refunded_at = context_.time.now;
        return books_.refunds().add(refund, context_.origin);
    }

    std::optional<Timestamp> next_sweep() const {
        if (payment_.status != PaymentStatus::paid || payment_.held) {
            return next_look(payment_, context_.time.now, context_.dice);
        }
        const Timestamp now = context_.time.now;
        if (payment_.next_sweep_at && *payment_.next_sweep_at > now) return payment_.next_sweep_at;
        const Timestamp window = payment_.paid_at.value_or(now) + context_.app->rules.refund_window;
        return std::max(window, now + kAskAgainWhenPaid);
    }

    Books& books_;
    const StepContext& context_;
    Payment payment_;
    std::string opened_;
    std::optional<Timestamp> wished_at_;
};

}  // namespace

Result<BegunEnding> begin_ending(Books& books, const std::string& payment_id, Ending ending,
                                 const StepContext& context) {
    using Begun = BegunEnding::Kind;
    TOLLGATE_TRY(auto payment, find(books, payment_id));
    const Decision decision = ledger::decide(payment.status, Input::close_requested);
    if (decision.kind == Decision::Kind::refuse) return BegunEnding{Begun::paid, payment};
    if (payment.held) return BegunEnding{Begun::held, payment};
    const bool over = ledger::is_final(payment.status);
    if (over) return BegunEnding{Begun::over, payment};
    TradeMove step(books, context, std::move(payment));
    if (decision.kind == Decision::Kind::move) {
        TOLLGATE_DO(step.end_as_asked(decision, ending));
    } else if (ending == Ending::cancel && !step.payment().cancelling) {
        TOLLGATE_DO(step.set_cancelling(true));
    }
    return BegunEnding{Begun::begun, step.payment()};
}

Result<TradeStep> apply_query(Books& books, const std::string& payment_id,
                              const QueryFinding& finding, const ErrandSoFar& so_far,
                              const StepContext& context) {
    TOLLGATE_TRY(auto payment, find(books, payment_id));
    TradeMove step(books, context, std::move(payment));
    step.note_wish(so_far);
    if (finding.kind == QueryFinding::Kind::trade) TOLLGATE_DO(step.believe(finding));
    if (finding.kind == QueryFinding::Kind::no_trade && so_far.numbered) {
        TOLLGATE_DO(step.miss_trade(finding));
    }
    if (!step.payment().held) TOLLGATE_DO(step.by_the_clock(finding));
    const TradeCall next = next_call(step.payment(), finding, so_far, context.time.now);
    if (next == TradeCall::none) return step.rest();
    return step.taken(next);
}

Result<TradeStep> apply_cancel(Books& books, const std::string& payment_id,
                               const CancelFinding& finding, const StepContext& context) {
    TOLLGATE_TRY(auto payment, find(books, payment_id));
    TradeMove step(books, context, std::move(payment));
    TOLLGATE_DO(step.by_cancel(finding));
    return step.rest();
}

Result<TradeStep> rest_payment(Books& books, const std::string& payment_id,
                               const StepContext& context) {
    TOLLGATE_TRY(auto payment, find(books, payment_id));
    return TradeMove(books, context, std::move(payment)).rest();
}

Result<DuePayments> claim_due(Books& books, const callbacks::Apps& apps, Timestamp now,
                              Timestamp lease_until, int limit) {
    TOLLGATE_TRY(auto claimed, books.claim_due_payments(now, lease_until, limit));
    DuePayments due;
    for (Payment& payment : claimed) {
        const callbacks::AppRef app = apps.find(payment.app);
        if (app == nullptr) {  // No longer in the settings: nobody can ask.
            TOLLGATE_DO(books.rest(payment, now + kAppIsGone));
            continue;
        }
        const bool in_window = payment.status == PaymentStatus::paid && payment.paid_at &&
                               now < *payment.paid_at + app->rules.refund_window;
        TOLLGATE_TRY(const bool heard, books.read().was_notified(payment));
        // One that a notification has spoken of is only due because somebody wants it asked about.
        if (!in_window || heard) {
            due.to_ask.push_back(std::move(payment));
            continue;
        }
        TOLLGATE_DO(books.rest(payment, *payment.paid_at + app->rules.refund_window));
        due.unheard.push_back(std::move(payment));
    }
    return due;
}

}  // namespace tollgate::gateway
