#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

#include "gateway/reconcile/classify.h"
#include "ledger/reconciliation.h"

namespace tollgate::gateway::reconcile {

// One place where the two sides disagree, small enough to keep a million of them; who acts on it
// reads both sides again.
struct Finding {
    static constexpr std::uint32_t kNoLine = std::numeric_limits<std::uint32_t>::max();

    BillClass bill_class = BillClass::foreign;
    bool expired = false;       // Was kept for another bill before.
    bool of_fund_bill = false;  // It is the fund bill that says otherwise, of all a number's lines.
    std::uint16_t app = 0;      // Of missing_here: which of the merchant's.
    std::uint32_t line = kNoLine;  // In the table, if the bill has one.
    ledger::RowId payment = 0;     // 0: we have none.
    ledger::RowId refund = 0;      // 0: it is about the payment, or we have no such refund.
    const char* detail = "";       // A literal: what exactly, for the evidence.
};

struct CountAndSum {
    std::int64_t count = 0;
    std::int64_t fen = 0;

    void add(Money amount) {
        ++count;
        fen += amount.fen();
    }
};

// What was compared with what.
struct ComparisonCounts {
    CountAndSum bill_payments;
    CountAndSum bill_refunds;
    CountAndSum ledger_payments;  // Paid on the day, by our word.
    CountAndSum ledger_refunds;
    std::int64_t matched = 0;               // Lines that agree with the ledger.
    std::int64_t settled_by_neighbour = 0;  // Ours of the day, found in a neighbouring day's bill.
    std::array<CountAndSum, kBillClasses> classes{};  // In the order of BillClass.
};

struct Findings {
    ComparisonCounts counts;
    std::vector<Finding> findings;
    // Ours of another day that this day's bill has.
    std::vector<ledger::DayBoundary> crossings;
};

// For a progress bar: how far a stage has come.
using Progress = std::function<void(std::string_view stage, std::int64_t done, std::int64_t of)>;

}  // namespace tollgate::gateway::reconcile
