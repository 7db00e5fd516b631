#include "gateway/refund_steps.h"

#include <algorithm>

#include "base/id.h"
#include "base/json_object.h"
#include "callbacks/difference.h"
#include "callbacks/event.h"
#include "callbacks/promotion.h"

namespace tollgate::gateway {
namespace {

using ledger::Books;
using ledger::Payment;
using ledger::Refund;
using ledger::RefundInput;
using ledger::RefundStatus;

constexpr std::chrono::hours kRefundOverdue{24};
constexpr std::chrono::hours kReportLife{24};
constexpr std::chrono::minutes kReportWaitMax{60};
constexpr std::chrono::hours kRefundAppIsGone{1};

Result<Payment> payment_of(Books& books, ledger::RowId row) {
    TOLLGATE_TRY(auto payment, books.read().payment_by_row(row));
    if (!payment) return Error(ErrorCode::data_corruption, "a refund's payment has gone");
    return *std::move(payment);
}

// When the next refund call of the payment may leave; nothing: now.
std::optional<Timestamp> must_wait_until(const std::vector<Refund>& all, const Refund& refund,
                                         Timestamp now) {
    std::optional<Timestamp> until;
    for (const Refund& other : all) {
        if (!other.proof.last_attempt_at) continue;
        const Timestamp free = *other.proof.last_attempt_at + ledger::kRefundSpacing;
        if (free > now) until = std::max(until.value_or(free), free);
        // Its answer is still to come: the spacing counts from when Alipay has handled it.
        const bool under_way = other.row != refund.row && other.proof.open_call &&
                               other.calling_until && *other.calling_until > now;
        if (under_way) until = std::max(until.value_or(now), now + ledger::kRefundSpacing);
    }
    return until;
}

// One run over one refund.
class RefundMove {
public:
    RefundMove(Books& books, const StepContext& context, Payment payment, Refund refund)
        : books_(books),
          context_(context),
          payment_(std::move(payment)),
          refund_(std::move(refund)) {}

    struct Found {
        std::string why;
        std::optional<Timestamp> refunded_at;
        std::optional<std::string> deposit_back;
    };

    Result<Done> take(RefundInput input, const Found& found) {
        const Timestamp now = context_.time.now;
        const auto step = ledger::decide(refund_, input, now);
        Refund next = refund_;
        next.status = step.status;
        next.proof = step.proof;
        next.next_sweep_at = step.next_at;
        next.calling_until = std::nullopt;
        if (!found.why.empty()) next.failure = found.why;
        if (found.deposit_back) next.deposit_back = found.deposit_back;
        const bool ended = step.status != refund_.status && !step.next_at;
        if (ended && step.status == RefundStatus::succeeded) {
            next.refunded_at = found.refunded_at.value_or(now);
        }
        TOLLGATE_DO(books_.refunds().change(refund_, std::move(next), context_.origin, now));
        if (ended) return tell();
        return tell_overdue();
    }

    // One difference a class and refund; without a refund's number, a class and trade.
    Result<Done> disagree(const std::string& difference_class, std::string evidence,
                          std::string_view out_request_no = {}) {
        std::string subject = payment_.trade_no.value_or(payment_.id);
        if (!out_request_no.empty()) subject += "/" + std::string(out_request_no);
        TOLLGATE_TRY([[maybe_unused]] const bool opened,
                     callbacks::open_difference(books_, &payment_,
                                                {.app = payment_.app,
                                                 .difference_class = difference_class,
                                                 .trade_no = std::move(subject),
                                                 .evidence = std::move(evidence),
                                                 .holds = false,
                                                 .origin = context_.origin,
                                                 .now = context_.time.now},
                                                context_.entropy));
        return Done{};
    }

    // The event of a refund that has come to its end, and the payment's own when all of it is back.
    Result<Done> tell() {
        const bool succeeded = refund_.status == RefundStatus::succeeded;
        if (succeeded) TOLLGATE_DO(complete_payment());
        return books_.add_event(callbacks::refund_event(
            succeeded ? callbacks::kRefundSucceeded : callbacks::kRefundFailed, refund_, payment_,
            context_.time.now, context_.entropy));
    }

    const Refund& refund() const { return refund_; }

private:
    Result<Done> complete_payment() {
        TOLLGATE_TRY(const auto all, books_.read().refunds().of(payment_));
        const Money back = ledger::sums_of(all).succeeded;
        if (back > payment_.amount) {
            JsonObject evidence;
            evidence.number("refunded", back.fen()).number("amount", payment_.amount.fen());
            TOLLGATE_DO(disagree("refunds_exceed", std::move(evidence).end()));
        }
        if (back < payment_.amount) return Done{};
        const auto decision = ledger::decide(payment_.status, ledger::Input::refunds_complete);
        if (decision.kind != ledger::Decision::Kind::move) return Done{};
        return callbacks::promote(books_, payment_,
                                  {.decision = decision,
                                   .rules = context_.app->rules,
                                   .origin = context_.origin,
                                   .now = context_.time.now},
                                  context_.entropy);
    }

    Result<Done> tell_overdue() {
        if (context_.time.now < refund_.created_at + kRefundOverdue) return Done{};
        JsonObject evidence;
        evidence.text("out_request_no", refund_.out_request_no)
            .text("status", name_of(refund_.status))
            .maybe_text("failure", refund_.failure);
        return disagree("refund_overdue", std::move(evidence).end(), refund_.out_request_no);
    }

    Books& books_;
    const StepContext& context_;
    Payment payment_;
    Refund refund_;
};

Result<Refund> current(Books& books, const Refund& refund) {
    TOLLGATE_TRY(auto found, books.read().refunds().by_row(refund.row));
    if (!found) return Error(ErrorCode::data_corruption, "a refund has gone");
    return *std::move(found);
}

std::string amount_evidence(std::string_view out_request_no, std::optional<Money> ours,
                            Money theirs) {
    JsonObject evidence;
    evidence.text("out_request_no", out_request_no);
    if (ours) evidence.number("amount_here", ours->fen());
    evidence.number("amount_at_alipay", theirs.fen());
    return std::move(evidence).end();
}

// Decides what a claimed refund needs; nothing: it is put off.
Result<std::optional<DueRefund>> prepare(Books& books, const RefundClaim& claim, Refund refund) {
    using Answer = std::optional<DueRefund>;
    TOLLGATE_TRY(auto payment, payment_of(books, refund.payment));
    const callbacks::AppRef app = claim.apps.find(payment.app);
    const ledger::Origin origin{
        .cause = ledger::Cause::timer, .cause_id = refund.id, .request_id = refund.id};
    const auto put_off = [&](Timestamp at) -> Result<Answer> {
        Refund next = refund;
        next.calling_until = std::nullopt;
        next.next_sweep_at = at;
        TOLLGATE_DO(books.refunds().change(refund, std::move(next), origin, claim.now));
        return Answer();
    };
    if (app == nullptr) return put_off(claim.now + kRefundAppIsGone);
    const bool answer_lost = refund.proof.open_call;
    const auto step = ledger::decide(
        refund, answer_lost ? RefundInput::ambiguous : RefundInput::call_leaves, claim.now);
    if (!answer_lost && refund.proof.query_next) {
        return Answer(DueRefund{std::move(refund), std::move(payment), app, true});
    }
    if (!answer_lost) {
        TOLLGATE_TRY(const auto all, books.read().refunds().of(payment));
        if (const auto at = must_wait_until(all, refund, claim.now)) return put_off(*at);
    }
    Refund next = refund;
    next.status = step.status;
    next.proof = step.proof;
    if (answer_lost) {
        next.calling_until = std::nullopt;
        next.next_sweep_at = step.next_at;
    } else {
        // When the lease runs out without an answer, somebody must see to it.
        next.next_sweep_at = claim.now;
    }
    TOLLGATE_DO(books.refunds().change(refund, std::move(next), origin, claim.now));
    if (answer_lost) return Answer();
    return Answer(DueRefund{std::move(refund), std::move(payment), app, false});
}

}  // namespace

Result<DueRefunds> claim_due_refunds(Books& books, const RefundClaim& claim) {
    DueRefunds due;
    TOLLGATE_TRY(auto refunds,
                 books.refunds().claim_due(claim.now, claim.lease_until, claim.limit));
    for (Refund& refund : refunds) {
        TOLLGATE_TRY(auto prepared, prepare(books, claim, std::move(refund)));
        if (prepared) due.refunds.push_back(*std::move(prepared));
    }
    TOLLGATE_TRY(const auto reports,
                 books.refunds().claim_due_reports(claim.now, claim.lease_until, claim.limit));
    for (const auto& report : reports) {
        TOLLGATE_TRY(auto payment, payment_of(books, report.payment));
        const callbacks::AppRef app = claim.apps.find(payment.app);
        if (app == nullptr) {
            TOLLGATE_DO(books.refunds().asked(report, claim.now + kRefundAppIsGone));
            continue;
        }
        due.reports.push_back({report, std::move(payment), app});
    }
    return due;
}

Result<Refund> apply_refund_call(Books& books, const DueRefund& due,
                                 const RefundCallFinding& finding, const StepContext& context) {
    TOLLGATE_TRY(auto refund, current(books, due.refund));
    TOLLGATE_TRY(auto payment, payment_of(books, refund.payment));
    RefundMove step(books, context, std::move(payment), std::move(refund));
    TOLLGATE_DO(step.take(finding.input, {.why = finding.why}));
    return step.refund();
}

Result<Refund> apply_refund_query(Books& books, const DueRefund& due,
                                  const RefundQueryFinding& finding, const StepContext& context) {
    TOLLGATE_TRY(auto refund, current(books, due.refund));
    TOLLGATE_TRY(auto payment, payment_of(books, refund.payment));
    const Money ours = refund.amount;
    const std::string number = refund.out_request_no;
    RefundMove step(books, context, std::move(payment), std::move(refund));
    if (finding.amount && *finding.amount != ours) {
        // Money moved under our number, and not ours: never free, and never counted as ours.
        TOLLGATE_DO(step.take(RefundInput::other_amount, {.why = "Alipay has another amount"}));
        TOLLGATE_DO(step.disagree("refund_amount_mismatch",
                                  amount_evidence(number, ours, *finding.amount), number));
        return step.refund();
    }
    TOLLGATE_DO(step.take(finding.input, {.why = finding.why,
                                          .refunded_at = finding.refunded_at,
                                          .deposit_back = finding.deposit_back}));
    return step.refund();
}

namespace {

// A cancel that finds its trade refunded already says no more than that money went back: what was
// written down for it is whatever no other refund explains, under a number that stands in for the
// true ones. As those come out, each takes its part of it. True when nothing is left to write down.
Result<bool> take_from_stand_in(Books& books, const Payment& payment, const std::string& number,
                                Money amount) {
    TOLLGATE_TRY(auto refunds, books.read().refunds().of(payment));
    const auto stand_in = std::ranges::find_if(refunds, [&payment](const Refund& refund) {
        return refund.origin == ledger::RefundOrigin::cancel &&
               refund.out_request_no == payment.out_trade_no;
    });
    if (stand_in == refunds.end()) return false;
    const std::int64_t excess =
        ledger::sums_of(refunds).succeeded.fen() + amount.fen() - payment.amount.fen();
    if (excess <= 0) return false;
    const std::int64_t left = stand_in->amount.fen() - excess;
    if (left <= 0) {
        TOLLGATE_DO(books.refunds().correct(*stand_in, number, amount));
        return true;
    }
    TOLLGATE_DO(books.refunds().correct(*stand_in, payment.out_trade_no, Money::from_fen(left)));
    return false;
}

}  // namespace

Result<Done> apply_report_query(Books& books, const DueReport& due,
                                const RefundQueryFinding& finding, const StepContext& context) {
    const Timestamp now = context.time.now;
    TOLLGATE_TRY(auto payment, payment_of(books, due.report.payment));
    const std::string& number = due.report.out_request_no;
    TOLLGATE_TRY(auto known, books.read().refunds().one(payment, number));
    if (finding.input != RefundInput::query_found) {
        if (now < due.report.reported_at + kReportLife) {
            std::chrono::milliseconds wait = ledger::kRefundQueryWait;
            for (std::int64_t i = 0; i < due.report.queries && wait < kReportWaitMax; ++i)
                wait *= 2;
            return books.refunds().asked(
                due.report, now + std::min<std::chrono::milliseconds>(wait, kReportWaitMax));
        }
        TOLLGATE_DO(books.refunds().asked(due.report, std::nullopt));
        JsonObject evidence;
        evidence.text("out_request_no", number);
        return RefundMove(books, context, std::move(payment), known.value_or(Refund{}))
            .disagree("refund_report_unproved", std::move(evidence).end(), number);
    }
    TOLLGATE_DO(books.refunds().asked(due.report, std::nullopt));
    if (known && known->status == RefundStatus::failed) {
        return RefundMove(books, context, std::move(payment), *known)
            .disagree("refund_moved_after_failure",
                      amount_evidence(number, known->amount, *finding.amount), number);
    }
    if (known) return Done{};
    TOLLGATE_TRY(const bool counted, take_from_stand_in(books, payment, number, *finding.amount));
    if (counted) return Done{};
    Refund refund;
    refund.id = make_id("ref", now, context.entropy);
    refund.payment = payment.row;
    refund.out_request_no = number;
    refund.status = RefundStatus::succeeded;
    refund.amount = *finding.amount;
    refund.origin = ledger::RefundOrigin::external;
    refund.created_at = now;
    refund.updated_at = now;
    refund.refunded_at = finding.refunded_at.value_or(now);
    TOLLGATE_DO(books.refunds().add(refund, context.origin));
    return RefundMove(books, context, std::move(payment), std::move(refund)).tell();
}

}  // namespace tollgate::gateway
