// Comparison: what was given back.
#include "gateway/reconcile/comparison.h"

#include <algorithm>

namespace tollgate::gateway::reconcile {
namespace {

using bill::KeptLine;
using bill::TradeLine;
using ledger::PaymentLine;
using ledger::RefundLine;

const char* detail_of(Money billed, const RefundPair& pair) {
    if (pair.may_be_part) return "not here; it may be a part of what the cancel found sent back";
    if (pair.ours == nullptr) return "not here";
    return pair.ours->amount != billed ? "the amounts differ" : "here it has not succeeded";
}

}  // namespace

Result<Done> Comparison::read_refund_lines() {
    const auto lines = table_.lines();
    for (std::size_t i = 0; i < lines.size();) {
        const auto same = table_.lines_of(table_.out_trade_no(lines[i]));
        const auto first = std::ranges::find(same, TradeLine::Kind::refund, &KeptLine::kind);
        i += same.size();
        TOLLGATE_DO(beat("refunds", i, lines.size()));
        if (first != same.end()) TOLLGATE_DO(take_refund_lines({first, same.end()}));
    }
    std::ranges::sort(billed_refunds_);
    return Done{};
}

// All of one number.
Result<Done> Comparison::take_refund_lines(std::span<const KeptLine> lines) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto payment, reading->reconciliations().payment_of(
                                         order_.seller_id, table_.out_trade_no(lines.front())));
    if (!payment) {
        for (const KeptLine& line : lines) unknown(line, "a refund of a payment that is not here");
        return Done{};
    }
    TOLLGATE_TRY(const auto ours, reading->reconciliations().refunds_of(payment->row));
    std::vector<BilledRefund> billed;
    for (const KeptLine& line : lines) {
        billed.push_back({.out_request_no = table_.out_request_no(line), .amount = line.amount()});
    }
    const auto pairs = pair_refunds(billed, ours);
    for (std::size_t i = 0; i < lines.size(); ++i) pair_refund(lines[i], *payment, pairs[i]);
    return Done{};
}

void Comparison::pair_refund(const KeptLine& line, const PaymentLine& payment,
                             const RefundPair& pair) {
    const RefundLine* const refund = pair.ours;
    if (refund != nullptr) billed_refunds_.push_back(refund->row);
    const bool succeeded = refund != nullptr && refund->status == "succeeded";
    if (succeeded && !order_.day.contains(refund->refunded_at)) {
        cross({.payment = payment.row, .refund = refund->row}, refund->refunded_at);
    }
    if (!compare_refund(line.amount(), pair)) {
        ++found_.counts.matched;
        return;
    }
    find({.bill_class = BillClass::refund_differs,
          .line = static_cast<std::uint32_t>(table_.index_of(line)),
          .payment = payment.row,
          .refund = refund == nullptr ? 0 : refund->row,
          .detail = detail_of(line.amount(), pair)},
         line.amount());
}

bool Comparison::has_line(ledger::RowId refund) const {
    return std::ranges::binary_search(billed_refunds_, refund);
}

Result<Done> Comparison::read_refunds() {
    ledger::Stretch stretch{
        .seller_id = order_.seller_id, .from = order_.day.start(), .to = order_.day.end()};
    TOLLGATE_TRY(auto reading, store_.read());
    for (;;) {
        TOLLGATE_TRY(const auto page, reading->reconciliations().refunds_succeeded(stretch));
        for (const RefundLine& ours : page) TOLLGATE_DO(take_refund(ours));
        if (page.empty()) return Done{};
        TOLLGATE_DO(beat("refunds", 0, 1));
        stretch.after_at = page.back().refunded_at;
        stretch.after_row = page.back().row;
    }
}

Result<Done> Comparison::take_refund(const RefundLine& ours) {
    found_.counts.ledger_refunds.add(ours.amount);
    // Compared already, from the line's side.
    if (has_line(ours.row)) return Done{};
    return take_ours_alone({.payment = ours.payment,
                            .refund = ours.row,
                            .at = ours.refunded_at,
                            .amount = ours.amount,
                            .otherwise = BillClass::refund_differs,
                            .detail = is_stand_in(ours)
                                          ? "of a cancel; no lines in the bill add up to it"
                                          : "no line in the bill"});
}

Result<Done> Comparison::check_given_back(const KeptLine& line, const PaymentLine& ours) {
    if (ours.status != ledger::PaymentStatus::refunded) return Done{};
    GivenBack given_back;
    std::int64_t here = 0;
    std::int64_t there = 0;
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto refunds, reading->reconciliations().refunds_of(ours.row));
    for (const RefundLine& refund : refunds) {
        if (refund.status == "succeeded") here += refund.amount.fen();
    }
    for (const KeptLine& other : table_.lines_of(ours.out_trade_no)) {
        if (other.kind == TradeLine::Kind::refund) there += other.amount_fen;
    }
    given_back.here = Money::from_fen(here);
    given_back.there = Money::from_fen(there);
    if (!claims_too_much(ours, given_back, order_.day)) return Done{};
    find_line(BillClass::status_ahead, line, ours.row, "refunded here, not all of it there");
    return Done{};
}

}  // namespace tollgate::gateway::reconcile
