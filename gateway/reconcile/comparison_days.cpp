// Comparison: what stands, or may stand, in a neighbouring day's bill.
#include "gateway/reconcile/comparison.h"

#include <algorithm>
#include <set>

namespace tollgate::gateway::reconcile {
namespace {

using ledger::DayBoundary;
using ledger::RefundLine;

}  // namespace

// What this day's bill has, of a payment or refund that is another day's by our word.
void Comparison::cross(const DayBoundary& key, Timestamp at) {
    DayBoundary crossing = key;
    crossing.ledger_day = {.seller_id = order_.seller_id, .date = BeijingDay::of(at).text()};
    crossing.bill_date = order_.day.text();
    crossing.status = DayBoundary::Status::settled;
    found_.crossings.push_back(std::move(crossing));
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

// Of a payment that a cancel found to be refunded we know when the cancel said so, up to a day
// after the money came.
Result<Neighbours> Comparison::neighbours_of(ledger::RowId payment, ledger::RowId refund,
                                             Timestamp at, ledger::Reading& reading) {
    if (refund != 0) return refund_neighbours(at);
    TOLLGATE_TRY(const auto refunds, reading.reconciliations().refunds_of(payment));
    const bool cancelled =
        std::ranges::find(refunds, "cancel", &RefundLine::origin) != refunds.end();
    return cancelled ? refund_neighbours(at) : payment_neighbours(at);
}

Result<Done> Comparison::take_ours_alone(const Ours& ours) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto boundary,
                 reading->reconciliations().boundary(ours.payment, ours.refund));
    if (boundary && boundary->status == DayBoundary::Status::settled) {
        ++found_.counts.settled_by_neighbour;
        return Done{};
    }
    TOLLGATE_TRY(const auto neighbours,
                 neighbours_of(ours.payment, ours.refund, ours.at, *reading));
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

// What an earlier bill of this same day lacked and this one has.
Result<Done> Comparison::settle_kept() {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto kept, reading->reconciliations().boundaries_kept(
                                      {.seller_id = order_.seller_id, .date = order_.day.text()}));
    for (const DayBoundary& item : kept) {
        TOLLGATE_TRY(const auto payment, reading->reconciliations().payment_by_row(item.payment));
        if (!payment) continue;
        const auto lines = table_.lines_of(payment->out_trade_no);
        const bool is_there =
            item.refund != 0
                ? has_line(item.refund)
                : !lines.empty() && lines.front().kind == bill::TradeLine::Kind::payment;
        if (is_there) cross(item, order_.day.start());
    }
    return Done{};
}

Result<Done> Comparison::expire_kept() {
    if (!order_.day_is_over) return Done{};
    for (const BeijingDay& day : {order_.day.previous(), order_.day.next()}) {
        // As long as it is not compared with its whole bill, its own comparison will tell.
        TOLLGATE_TRY(const bool compared, is_complete(day));
        if (compared) TOLLGATE_DO(expire_kept(day, Patience::until_compared));
    }
    // A neighbour's bill that never came must not keep anything for ever, whichever day is compared
    // next.
    BeijingDay old = order_.day;
    for (int i = 1; i <= kKeptDaysSeen; ++i) {
        old = old.previous();
        if (i >= kKeptDaysMax) TOLLGATE_DO(expire_kept(old, Patience::over));
    }
    return Done{};
}

// What a comparison of that day has kept for this day's bill, which does not have it.
Result<Done> Comparison::expire_kept(const BeijingDay& ledger_day, Patience patience) {
    TOLLGATE_TRY(auto reading, store_.read());
    TOLLGATE_TRY(const auto kept, reading->reconciliations().boundaries_kept(
                                      {.seller_id = order_.seller_id, .date = ledger_day.text()}));
    std::set<std::pair<ledger::RowId, ledger::RowId>> found;
    for (const DayBoundary& crossing : found_.crossings) {
        found.emplace(crossing.payment, crossing.refund);
    }
    for (const DayBoundary& item : kept) {
        if (!found.contains({item.payment, item.refund})) {
            TOLLGATE_DO(expire(item, patience, *reading));
        }
    }
    return Done{};
}

Result<Done> Comparison::expire(const DayBoundary& item, Patience patience,
                                ledger::Reading& reading) {
    TOLLGATE_TRY(const auto payment, reading.reconciliations().payment_by_row(item.payment));
    if (!payment || !payment->paid_at) return Done{};
    TOLLGATE_TRY(const auto refunds, reading.reconciliations().refunds_of(item.payment));
    const auto refund = std::ranges::find(refunds, item.refund, &RefundLine::row);
    if (item.refund != 0 && refund == refunds.end()) return Done{};
    const bool is_payment = item.refund == 0;
    TOLLGATE_TRY(const auto neighbours,
                 neighbours_of(item.payment, item.refund,
                               is_payment ? *payment->paid_at : refund->refunded_at, reading));
    TOLLGATE_TRY(const BeijingDay ledger_day, BeijingDay::parse(item.ledger_day.date));
    TOLLGATE_TRY(const bool pending, is_pending(neighbours, ledger_day));
    if (pending && patience == Patience::until_compared) return Done{};
    find({.bill_class = is_payment ? BillClass::missing_at_alipay : BillClass::refund_differs,
          .expired = true,
          .payment = item.payment,
          .refund = item.refund,
          .detail = "no line in the bill of its day, nor in the neighbour's"},
         is_payment ? payment->amount : refund->amount);
    return Done{};
}

}  // namespace tollgate::gateway::reconcile
