#include "gateway/reconcile/comparison.h"

#include <algorithm>
#include <set>

namespace tollgate::gateway::reconcile {
namespace {

using bill::KeptLine;
using bill::TradeLine;
using ledger::DayBoundary;
using ledger::PaymentLine;
using ledger::RefundLine;

constexpr std::size_t kBeatEvery = 4'096;

}  // namespace

Result<Findings> Comparison::run() {
    seen_.assign(table_.lines().size(), false);
    foreign_.assign(table_.lines().size(), false);
    for (const KeptLine& line : table_.lines()) {
        auto& counts = found_.counts;
        (line.kind == TradeLine::Kind::payment ? counts.bill_payments : counts.bill_refunds)
            .add(line.amount());
    }
    {
        TOLLGATE_TRY(auto reading, store_.read());
        TOLLGATE_TRY(first_payment_at_,
                     reading->reconciliations().first_payment_at(order_.seller_id));
    }
    TOLLGATE_DO(read_payments());
    TOLLGATE_DO(read_left_lines());
    TOLLGATE_DO(read_refund_lines());
    TOLLGATE_DO(read_refunds());
    check_funds();
    TOLLGATE_DO(expire_kept());
    return std::move(found_);
}

Result<Done> Comparison::beat(std::string_view stage, std::size_t done, std::size_t of) {
    if (done % kBeatEvery != 0 && done != of) return Done{};
    if (stop_ && stop_()) return Error(ErrorCode::unavailable, "stopped before it was done");
    if (progress_) {
        progress_(stage, static_cast<std::int64_t>(done), static_cast<std::int64_t>(of));
    }
    return Done{};
}

BilledPayment Comparison::billed(const KeptLine& line) const {
    return {.amount = line.amount(), .trade_no = table_.trade_no(line), .done_at = line.done_at()};
}

void Comparison::find(const Finding& finding, Money amount) {
    found_.findings.push_back(finding);
    found_.counts.classes[static_cast<std::size_t>(finding.bill_class)].add(amount);
}

void Comparison::find_line(BillClass bill_class, const KeptLine& line, ledger::RowId payment,
                           const char* detail) {
    find({.bill_class = bill_class,
          .line = static_cast<std::uint32_t>(table_.index_of(line)),
          .payment = payment,
          .detail = detail},
         line.amount());
}

Result<Done> Comparison::read_payments() {
    ledger::Stretch stretch{
        .seller_id = order_.seller_id, .from = order_.day.start(), .to = order_.day.end()};
    TOLLGATE_TRY(auto reading, store_.read());
    for (std::size_t read = 0;;) {
        // A page is a snapshot of its own: no long reader keeps the log from being recycled.
        TOLLGATE_TRY(const auto page, reading->reconciliations().payments_paid(stretch));
        for (const PaymentLine& ours : page) {
            TOLLGATE_DO(take_payment(ours));
            TOLLGATE_DO(beat("payments", ++read, table_.lines().size()));
        }
        if (page.empty()) return Done{};
        stretch.after_at = *page.back().paid_at;
        stretch.after_row = page.back().row;
    }
}

Result<Done> Comparison::take_payment(const PaymentLine& ours) {
    found_.counts.ledger_payments.add(ours.amount);
    bool has_line = false;
    for (const KeptLine& line : table_.lines_of(ours.out_trade_no)) {
        if (line.kind != TradeLine::Kind::payment) break;
        has_line = true;
        seen_[table_.index_of(line)] = true;
        TOLLGATE_DO(pair_payment(line, ours));
    }
    if (has_line) return Done{};
    return take_ours_alone({.payment = ours.row,
                            .refund = 0,
                            .at = *ours.paid_at,
                            .amount = ours.amount,
                            .otherwise = BillClass::missing_at_alipay,
                            .detail = "no line in the bill"});
}

Result<Done> Comparison::pair_payment(const KeptLine& line, const PaymentLine& ours) {
    if (const auto differs = compare_payment(billed(line), ours)) {
        const bool early = *differs == BillClass::status_behind && !may_repair(billed(line), ours);
        find_line(*differs, line, ours.row, early ? "paid before it was created" : "");
        return Done{};
    }
    ++found_.counts.matched;
    if (ours.paid_at && !order_.day.contains(*ours.paid_at)) {
        cross({.payment = ours.row}, *ours.paid_at);
    }
    return check_given_back(line, ours);
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

Result<Done> Comparison::read_left_lines() {
    const auto lines = table_.lines();
    TOLLGATE_TRY(auto reading, store_.read());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        TOLLGATE_DO(beat("lines", i + 1, lines.size()));
        const KeptLine& line = lines[i];
        if (line.kind != TradeLine::Kind::payment || seen_[i]) continue;
        TOLLGATE_TRY(const auto ours, reading->reconciliations().payment_of(
                                          order_.seller_id, table_.out_trade_no(line)));
        if (ours) {
            TOLLGATE_DO(pair_payment(line, *ours));
        } else {
            unknown(line, "no payment of this number");
        }
    }
    return Done{};
}

void Comparison::unknown(const KeptLine& line, const char* detail) {
    const AppNumbers* const owner =
        owner_of(table_.out_trade_no(line), line.done_at(), first_payment_at_, *order_.apps);
    if (owner == nullptr) foreign_[table_.index_of(line)] = true;
    find({.bill_class = owner == nullptr ? BillClass::foreign : BillClass::missing_here,
          .app = static_cast<std::uint16_t>(owner == nullptr ? 0 : owner - order_.apps->data()),
          .line = static_cast<std::uint32_t>(table_.index_of(line)),
          .detail = detail},
         line.amount());
}

Result<Done> Comparison::read_refund_lines() {
    const auto lines = table_.lines();
    for (std::size_t i = 0; i < lines.size();) {
        const auto same = table_.lines_of(table_.out_trade_no(lines[i]));
        const auto first = std::ranges::find(same, TradeLine::Kind::refund, &KeptLine::kind);
        i += same.size();
        TOLLGATE_DO(beat("refunds", i, lines.size()));
        if (first != same.end()) TOLLGATE_DO(take_refund_lines({first, same.end()}));
    }
    return Done{};
}

// All of one number.
Result<Done> Comparison::take_refund_lines(std::span<const KeptLine> lines) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto payment, reading->reconciliations().payment_of(
                                         order_.seller_id, table_.out_trade_no(lines.front())));
    std::vector<RefundLine> ours;
    if (payment) {
        TOLLGATE_TRY(ours, reading->reconciliations().refunds_of(payment->row));
    }
    for (const KeptLine& line : lines) {
        if (payment) {
            TOLLGATE_DO(pair_refund(line, *payment, ours));
        } else {
            unknown(line, "a refund of a payment that is not here");
        }
    }
    return Done{};
}

Result<Done> Comparison::pair_refund(const KeptLine& line, const PaymentLine& payment,
                                     const std::vector<RefundLine>& ours) {
    const RefundLine* const refund = refund_of(table_.out_request_no(line), line.amount(), ours);
    if (compare_refund(line.amount(), refund)) {
        const char* const detail = refund == nullptr                 ? "not here"
                                   : refund->amount != line.amount() ? "the amounts differ"
                                                                     : "here it has not succeeded";
        find({.bill_class = BillClass::refund_differs,
              .line = static_cast<std::uint32_t>(table_.index_of(line)),
              .payment = payment.row,
              .refund = refund == nullptr ? 0 : refund->row,
              .detail = detail},
             line.amount());
        return Done{};
    }
    ++found_.counts.matched;
    if (!order_.day.contains(refund->refunded_at)) {
        cross({.payment = payment.row, .refund = refund->row}, refund->refunded_at);
    }
    return Done{};
}

// What this day's bill has, of a payment or refund that is another day's by our word.
void Comparison::cross(const DayBoundary& key, Timestamp at) {
    DayBoundary crossing = key;
    crossing.ledger_day = {.seller_id = order_.seller_id, .date = BeijingDay::of(at).text()};
    crossing.bill_date = order_.day.text();
    crossing.status = DayBoundary::Status::settled;
    found_.crossings.push_back(std::move(crossing));
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
    for (const KeptLine& line : table_.lines_of(ours.out_trade_no)) {
        if (line.kind != TradeLine::Kind::refund) continue;
        // Compared already, from the line's side.
        if (refund_of(table_.out_request_no(line), line.amount(), {ours}) != nullptr) return Done{};
    }
    return take_ours_alone({.payment = ours.payment,
                            .refund = ours.row,
                            .at = ours.refunded_at,
                            .amount = ours.amount,
                            .otherwise = BillClass::refund_differs,
                            .detail = "no line in the bill"});
}

void Comparison::check_funds() {
    if (!table_.has_funds()) return;
    const auto lines = table_.lines();
    for (std::size_t i = 0; i < lines.size();) {
        const KeptLine& first = lines[i];
        const auto same = table_.lines_of(table_.out_trade_no(first));
        i += same.size();
        if (foreign_[table_.index_of(first)]) continue;
        BilledSums sums;
        for (const KeptLine& line : same) {
            const bool payment = line.kind == TradeLine::Kind::payment;
            if (payment) sums.received_fen += line.received_fen;
            sums.fee_fen += payment ? line.fee_fen : -line.fee_fen;
        }
        const auto differs = compare_funds(sums, table_.funds_of(table_.out_trade_no(first)));
        if (differs) {
            find_line(*differs, first, 0,
                      *differs == BillClass::fee_differs ? "the fund bill took another fee"
                                                         : "the fund bill has another income");
        }
    }
}

Result<bool> Comparison::is_complete(const BeijingDay& day) {
    // This one will be, once what it finds is written.
    if (day == order_.day) return order_.day_is_over;
    // Nobody ever compares what was before us.
    if (!first_payment_at_ || day.end() <= *first_payment_at_) return true;
    for (const auto& [date, complete] : complete_days_) {
        if (date == day.text()) return complete;
    }
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto known, reading->reconciliations().find(
                                       {.seller_id = order_.seller_id, .date = day.text()}));
    const bool complete = known && known->status == ledger::ReconciliationStatus::complete;
    complete_days_.emplace_back(day.text(), complete);
    return complete;
}

Result<bool> Comparison::is_pending(const Neighbours& neighbours, const BeijingDay& day) {
    if (neighbours.previous) {
        TOLLGATE_TRY(const bool complete, is_complete(day.previous()));
        if (!complete) return true;
    }
    if (neighbours.next) {
        TOLLGATE_TRY(const bool complete, is_complete(day.next()));
        if (!complete) return true;
    }
    return false;
}

Result<Done> Comparison::take_ours_alone(const Ours& ours) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto boundary,
                 reading->reconciliations().boundary(ours.payment, ours.refund));
    if (boundary && boundary->status == DayBoundary::Status::settled) {
        ++found_.counts.settled_by_neighbour;
        return Done{};
    }
    const Neighbours neighbours =
        ours.refund == 0 ? payment_neighbours(ours.at) : refund_neighbours(ours.at);
    TOLLGATE_TRY(const bool awaits_neighbour, is_pending(neighbours, order_.day));
    const bool pending = awaits_neighbour || !order_.day_is_over;
    find({.bill_class = pending ? BillClass::day_boundary : ours.otherwise,
          .expired = boundary.has_value(),
          .payment = ours.payment,
          .refund = ours.refund,
          .detail = ours.detail},
         ours.amount);
    return Done{};
}

Result<Done> Comparison::expire_kept() {
    if (!order_.day_is_over) return Done{};
    TOLLGATE_DO(expire_kept(order_.day.previous(), Patience::until_compared));
    TOLLGATE_DO(expire_kept(order_.day.next(), Patience::until_compared));
    // A neighbour's bill that never came must not keep anything for ever.
    BeijingDay oldest = order_.day;
    for (int i = 0; i < kKeptDaysMax; ++i) oldest = oldest.previous();
    return expire_kept(oldest, Patience::over);
}

// What a neighbour's comparison has kept for this day's bill, which does not have it.
Result<Done> Comparison::expire_kept(const BeijingDay& ledger_day, Patience patience) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto kept, reading->reconciliations().boundaries_kept(
                                      {.seller_id = order_.seller_id, .date = ledger_day.text()}));
    std::set<std::pair<ledger::RowId, ledger::RowId>> found;
    for (const DayBoundary& crossing : found_.crossings) {
        found.emplace(crossing.payment, crossing.refund);
    }
    for (const DayBoundary& item : kept) {
        if (found.contains({item.payment, item.refund})) continue;
        TOLLGATE_TRY(const auto payment, reading->reconciliations().payment_by_row(item.payment));
        if (!payment || !payment->paid_at) continue;
        TOLLGATE_TRY(const auto refunds, reading->reconciliations().refunds_of(item.payment));
        const auto refund = std::ranges::find(refunds, item.refund, &RefundLine::row);
        if (item.refund != 0 && refund == refunds.end()) continue;
        const Neighbours neighbours = item.refund == 0 ? payment_neighbours(*payment->paid_at)
                                                       : refund_neighbours(refund->refunded_at);
        TOLLGATE_TRY(const bool pending, is_pending(neighbours, ledger_day));
        if (pending && patience == Patience::until_compared) continue;
        find({.bill_class =
                  item.refund == 0 ? BillClass::missing_at_alipay : BillClass::refund_differs,
              .expired = true,
              .payment = item.payment,
              .refund = item.refund,
              .detail = "no line in the bill of its day, nor in the neighbour's"},
             item.refund == 0 ? payment->amount : refund->amount);
    }
    return Done{};
}

}  // namespace tollgate::gateway::reconcile
