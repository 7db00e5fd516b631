#include "gateway/reconcile/applying.h"

#include "base/check.h"
#include "callbacks/difference.h"
#include "callbacks/evidence.h"
#include "callbacks/promotion.h"
#include "gateway/reconcile/evidence.h"
#include "ledger/state_table.h"

namespace tollgate::gateway::reconcile {
namespace {

using bill::KeptLine;
using ledger::Payment;
using ledger::PaymentLine;

constexpr const char* kTradeNoTaken = "the trade number is another payment's";

// One finding on its way: what both sides say now, and what is done about it.
class Applying {
public:
    Applying(ledger::Books& books, const ApplyOrder& order, const Finding& finding, Timestamp now,
             Entropy& entropy)
        : books_(books), order_(order), finding_(finding), now_(now), entropy_(entropy) {}

    Result<ReportRow> run() {
        TOLLGATE_DO(read_both_sides());
        describe();
        TOLLGATE_TRY(row_.fate, act());
        return std::move(row_);
    }

private:
    Result<Done> read_both_sides() {
        if (finding_.line != Finding::kNoLine) line_ = &order_.table->lines()[finding_.line];
        auto& reading = books_.read().reconciliations();
        if (finding_.payment != 0) {
            TOLLGATE_TRY(ours_, reading.payment_by_row(finding_.payment));
        } else if (line_ != nullptr && finding_.bill_class != BillClass::foreign) {
            TOLLGATE_TRY(ours_, reading.payment_of(order_.reconciliation.day.seller_id,
                                                   order_.table->out_trade_no(*line_)));
        }
        if (!ours_) return Done{};
        TOLLGATE_TRY(payment_, books_.read().payment_by_number(ours_->app, ours_->out_trade_no));
        if (finding_.refund == 0) return Done{};
        TOLLGATE_TRY(const auto refunds, reading.refunds_of(ours_->row));
        for (const auto& refund : refunds) {
            if (refund.row == finding_.refund) refund_ = refund;
        }
        return Done{};
    }

    void describe() {
        row_.bill_class = finding_.bill_class;
        row_.detail = finding_.detail;
        if (ours_) {
            row_.app = ours_->app;
            row_.out_trade_no = ours_->out_trade_no;
            row_.trade_no = ours_->trade_no.value_or("");
            row_.status = name_of(ours_->status);
            row_.ours = ours_->amount;
        }
        if (refund_) {
            row_.out_request_no = refund_->out_request_no;
            row_.status = refund_->status;
            row_.ours = refund_->amount;
        }
        if (line_ != nullptr) {
            row_.out_trade_no = order_.table->out_trade_no(*line_);
            row_.trade_no = order_.table->trade_no(*line_);
            const auto request_no = order_.table->out_request_no(*line_);
            if (!request_no.empty() && !finding_.of_fund_bill) row_.out_request_no = request_no;
            row_.billed = line_->amount();
            row_.line = line_->number;
            const bool about_no_refund_of_ours =
                line_->kind == bill::TradeLine::Kind::refund && !refund_;
            if (about_no_refund_of_ours) row_.ours.reset();
        }
        if (!ours_ && finding_.bill_class == BillClass::missing_here) {
            row_.app = (*order_.apps)[finding_.app].app;
        }
    }

    Result<Fate> act() {
        switch (finding_.bill_class) {
            case BillClass::foreign: return Fate::foreign;
            case BillClass::day_boundary: return keep();
            case BillClass::status_behind: return repair();
            case BillClass::missing_here:
                // Written in between: the next run compares it.
                if (ours_) return Fate::gone;
                return open();
            case BillClass::missing_at_alipay:
            case BillClass::amount_differs:
            case BillClass::trade_no_differs:
            case BillClass::status_ahead:
            case BillClass::refund_differs:
            case BillClass::fee_differs: return open();
        }
        TOLLGATE_CHECK(false);
        return Fate::gone;
    }

    ledger::DayBoundary boundary(ledger::DayBoundary::Status status) const {
        const Timestamp at =
            refund_ ? refund_->refunded_at : ours_->paid_at.value_or(ours_->updated_at);
        return {.payment = finding_.payment,
                .refund = finding_.refund,
                .ledger_day = {.seller_id = order_.reconciliation.day.seller_id,
                               .date = BeijingDay::of(at).text()},
                .bill_date = std::nullopt,
                .status = status};
    }

    Result<Fate> keep() {
        TOLLGATE_DO(
            books_.reconciliations().set_boundary(boundary(ledger::DayBoundary::Status::kept)));
        return Fate::kept;
    }

    Result<Fate> repair() {
        const BilledPayment billed{.amount = line_->amount(),
                                   .trade_no = order_.table->trade_no(*line_),
                                   .done_at = line_->done_at()};
        if (!compare_payment(billed, *ours_)) return Fate::gone;
        if (!may_repair(billed, *ours_)) return open();
        TOLLGATE_TRY(const auto holder, books_.read().payment_by_trade_no(billed.trade_no));
        if (holder && holder->row != payment_->row) {
            row_.detail = kTradeNoTaken;
            return open();
        }
        const callbacks::Promotion promotion{
            .decision = ledger::decide(payment_->status, what_came()),
            .trade_no = std::string(billed.trade_no),
            .paid_at = billed.done_at,
            .next_sweep_at = payment_->next_sweep_at,
            .failure = std::nullopt,
            .rules = rules(),
            .origin = origin(),
            .now = now_};
        TOLLGATE_DO(callbacks::promote(books_, *payment_, promotion, entropy_));
        return Fate::repaired;
    }

    // Money that the same bill gives back whole must not look as if it were still here.
    ledger::Input what_came() const {
        std::int64_t given_back_fen = 0;
        for (const KeptLine& other : order_.table->lines_of(payment_->out_trade_no)) {
            if (other.kind == bill::TradeLine::Kind::refund) given_back_fen += other.amount_fen;
        }
        return given_back_fen >= line_->amount_fen ? ledger::Input::trade_refunded
                                                   : ledger::Input::trade_paid;
    }

    Result<Fate> open() {
        if (finding_.expired) {
            TOLLGATE_DO(books_.reconciliations().set_boundary(
                boundary(ledger::DayBoundary::Status::opened)));
        }
        const std::string subject = subject_of_difference();
        std::vector<std::string_view> classes = other_names_of(finding_.bill_class);
        classes.push_back(name_of(finding_.bill_class));
        using Known = ledger::ReconciliationReading::Known;
        TOLLGATE_TRY(const Known known,
                     books_.read().reconciliations().difference_known(row_.app, subject, classes));
        if (known == Known::open) return Fate::known;
        if (known == Known::settled) {
            TOLLGATE_TRY(const bool decided, decided_about(subject, classes));
            if (decided) return Fate::settled;
        }
        TOLLGATE_DO(open_difference(subject));
        return Fate::opened;
    }

    // Somebody has settled it under one of its names, and knew of this money.
    Result<bool> decided_about(const std::string& subject,
                               const std::vector<std::string_view>& classes) {
        for (const std::string_view name : classes) {
            TOLLGATE_TRY(const auto settled,
                         books_.read().difference_about(row_.app, subject, name));
            if (settled && !callbacks::tells_of_more_money(evidence(), settled->evidence)) {
                return true;
            }
        }
        return false;
    }

    std::string evidence() const {
        return evidence_of(
            order_.reconciliation, row_,
            line_ == nullptr
                ? std::nullopt
                : std::optional(BilledLine{.kind = line_->kind, .done_at = line_->done_at()}));
    }

    Result<Done> open_difference(const std::string& subject) {
        TOLLGATE_DO(callbacks::open_difference(
            books_, payment_ ? &*payment_ : nullptr,
            {.app = row_.app,
             .difference_class = std::string(name_of(finding_.bill_class)),
             .trade_no = subject,
             .notification = std::nullopt,
             .evidence = evidence(),
             .holds = must_hold(),
             .origin = origin(),
             .now = now_},
            entropy_));
        // One that was made at Alipay's own pages: a query proves it, and makes it ours.
        const bool report = finding_.bill_class == BillClass::refund_differs &&
                            !finding_.of_fund_bill && payment_ && !refund_ &&
                            !row_.out_request_no.empty();
        if (!report) return Done{};
        return books_.refunds().report(*payment_, row_.out_request_no, now_);
    }

    // Money that fits nothing: no timer may close or expire what it may have been meant for.
    bool must_hold() const {
        const bool of_its_money = finding_.bill_class == BillClass::amount_differs ||
                                  finding_.bill_class == BillClass::trade_no_differs ||
                                  finding_.bill_class == BillClass::status_behind;
        return payment_ && of_its_money && !finding_.of_fund_bill &&
               ledger::decide(payment_->status, ledger::Input::trade_paid).kind ==
                   ledger::Decision::Kind::move;
    }

    callbacks::PaymentRules rules() const {
        for (const AppNumbers& numbers : *order_.apps) {
            if (numbers.app == payment_->app) return numbers.rules;
        }
        return {};
    }

    // One difference a trade and class; a trade may have many refunds, each of which can differ.
    std::string subject_of_difference() const {
        std::string subject = row_.trade_no;
        if (subject.empty() && payment_) subject = payment_->id;
        if (!row_.out_request_no.empty()) subject += "/" + row_.out_request_no;
        return subject;
    }

    ledger::Origin origin() const {
        return {.cause = ledger::Cause::bill,
                .cause_id = order_.reconciliation.id +
                            (row_.line ? ":" + std::to_string(*row_.line) : std::string()),
                .request_id = order_.request_id};
    }

    ledger::Books& books_;
    const ApplyOrder& order_;
    const Finding& finding_;
    const Timestamp now_;
    Entropy& entropy_;
    const KeptLine* line_ = nullptr;
    std::optional<PaymentLine> ours_;
    std::optional<Payment> payment_;
    std::optional<ledger::RefundLine> refund_;
    ReportRow row_;
};

}  // namespace

std::string_view name_of(Fate fate) {
    switch (fate) {
        case Fate::repaired: return "repaired";
        case Fate::opened: return "opened";
        case Fate::known: return "known";
        case Fate::settled: return "settled";
        case Fate::kept: return "kept";
        case Fate::foreign: return "foreign";
        case Fate::gone: return "gone";
    }
    TOLLGATE_CHECK(false);
    return {};
}

Result<std::vector<ReportRow>> apply(ledger::Books& books, const ApplyOrder& order,
                                     std::span<const Finding> findings, Timestamp now,
                                     Entropy& entropy) {
    std::vector<ReportRow> rows;
    std::int64_t repaired = 0;
    std::int64_t opened = 0;
    for (const Finding& finding : findings) {
        TOLLGATE_TRY(ReportRow row, Applying(books, order, finding, now, entropy).run());
        repaired += row.fate == Fate::repaired ? 1 : 0;
        opened += row.fate == Fate::opened ? 1 : 0;
        rows.push_back(std::move(row));
    }
    if (repaired + opened > 0) {
        TOLLGATE_DO(books.reconciliations().count(order.reconciliation, repaired, opened));
    }
    return rows;
}

}  // namespace tollgate::gateway::reconcile
