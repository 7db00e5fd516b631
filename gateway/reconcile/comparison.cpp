#include "gateway/reconcile/comparison.h"

namespace tollgate::gateway::reconcile {
namespace {

using bill::KeptLine;
using bill::TradeLine;
using ledger::PaymentLine;

constexpr std::size_t kBeatEvery = 4'096;

const char* funds_detail(BillClass bill_class) {
    if (bill_class == BillClass::fee_differs) return "the fund bill took another fee";
    if (bill_class == BillClass::refund_differs) return "the fund bill gave back another sum";
    return "the fund bill has another income";
}

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
    TOLLGATE_DO(settle_kept());
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
    const auto differs = compare_payment(billed(line), ours);
    const bool is_its_line = differs != BillClass::trade_no_differs;
    if (is_its_line && ours.paid_at && !order_.day.contains(*ours.paid_at)) {
        cross({.payment = ours.row}, *ours.paid_at);
    }
    if (differs) {
        const bool early = *differs == BillClass::status_behind && !may_repair(billed(line), ours);
        find_line(*differs, line, ours.row, early ? "paid before it was created" : "");
        return Done{};
    }
    ++found_.counts.matched;
    return check_given_back(line, ours);
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
            (payment ? sums.received_fen : sums.given_back_fen) += line.received_fen;
            sums.fee_fen += payment ? line.fee_fen : -line.fee_fen;
        }
        const auto differs = compare_funds(sums, table_.funds_of(table_.out_trade_no(first)));
        if (!differs) continue;
        find({.bill_class = *differs,
              .of_fund_bill = true,
              .line = static_cast<std::uint32_t>(table_.index_of(first)),
              .detail = funds_detail(*differs)},
             first.amount());
    }
}

}  // namespace tollgate::gateway::reconcile
