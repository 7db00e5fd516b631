#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/beijing_day.h"
#include "base/result.h"
#include "gateway/bill/bill_table.h"
#include "gateway/reconcile/classify.h"
#include "gateway/reconcile/findings.h"
#include "ledger/store.h"

namespace tollgate::gateway::reconcile {

struct ComparisonOrder {
    std::string seller_id;
    BeijingDay day;
    // False: its bill is a part. What it lacks may still come, so nothing is missing yet.
    bool day_is_over = true;
    const std::vector<AppNumbers>* apps = nullptr;  // The merchant's.
};

// Compares a day's bills with the ledger, both ways, in one pass over each: our payments of the day
// are read in pages and looked up among the sorted lines; what lines are left are looked up in the
// ledger. Writes nothing. Its memory is the table's, and a page.
class Comparison {
public:
    // All must outlive it. `stop`: asked now and then; true ends it with unavailable.
    Comparison(ComparisonOrder order, const bill::BillTable& table, ledger::Store& store,
               Progress progress, std::function<bool()> stop)
        : order_(std::move(order)),
          table_(table),
          store_(store),
          progress_(std::move(progress)),
          stop_(std::move(stop)) {}

    // Call once. Errors: those of Reading; unavailable when stopped.
    Result<Findings> run();

    // After so many days the neighbouring bill is not waited for any more.
    static constexpr int kKeptDaysMax = 10;
    // So many days back something that was kept is looked for.
    static constexpr int kKeptDaysSeen = 60;

private:
    Result<Done> read_payments();
    Result<Done> take_payment(const ledger::PaymentLine& ours);
    Result<Done> read_left_lines();
    Result<Done> pair_payment(const bill::KeptLine& line, const ledger::PaymentLine& ours);
    Result<Done> check_given_back(const bill::KeptLine& line, const ledger::PaymentLine& ours);
    Result<Done> read_refund_lines();
    Result<Done> take_refund_lines(std::span<const bill::KeptLine> lines);
    void pair_refund(const bill::KeptLine& line, const ledger::PaymentLine& payment,
                     const RefundPair& pair);
    Result<Done> read_refunds();
    Result<Done> take_refund(const ledger::RefundLine& ours);
    void check_funds();
    // Ours of the day, without a line in its bill.
    struct Ours {
        ledger::RowId payment = 0;
        ledger::RowId refund = 0;
        Timestamp at;
        Money amount;
        BillClass otherwise = BillClass::missing_at_alipay;
        const char* detail = "";
    };
    Result<Done> take_ours_alone(const Ours& ours);
    Result<Done> settle_kept();
    Result<Done> expire_kept();
    enum class Patience { until_compared, over };
    Result<Done> expire_kept(const BeijingDay& ledger_day, Patience patience);
    Result<Done> expire(const ledger::DayBoundary& item, Patience patience,
                        ledger::Reading& reading);
    Result<Neighbours> neighbours_of(ledger::RowId payment, ledger::RowId refund, Timestamp at,
                                     ledger::Reading& reading);
    Result<bool> is_pending(const Neighbours& neighbours, const BeijingDay& day);
    bool has_line(ledger::RowId refund) const;
    Result<bool> is_complete(const BeijingDay& day);

    void cross(const ledger::DayBoundary& key, Timestamp at);
    void unknown(const bill::KeptLine& line, const char* detail);
    void find(const Finding& finding, Money amount);
    void find_line(BillClass bill_class, const bill::KeptLine& line, ledger::RowId payment,
                   const char* detail);
    BilledPayment billed(const bill::KeptLine& line) const;
    Result<Done> beat(std::string_view stage, std::size_t done, std::size_t of);

    const ComparisonOrder order_;
    const bill::BillTable& table_;
    ledger::Store& store_;
    const Progress progress_;
    const std::function<bool()> stop_;

    Findings found_;
    std::vector<bool> seen_;                     // By line: has its payment.
    std::vector<bool> foreign_;                  // By line.
    std::vector<ledger::RowId> billed_refunds_;  // Ours that a line is about; then in order.
    std::optional<Timestamp> first_payment_at_;
    std::vector<std::pair<std::string, bool>> complete_days_;  // Looked up so far.
};

}  // namespace tollgate::gateway::reconcile
