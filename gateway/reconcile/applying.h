#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "gateway/bill/bill_table.h"
#include "gateway/reconcile/findings.h"
#include "ledger/books.h"

namespace tollgate::gateway::reconcile {

// What became of a finding.
enum class Fate {
    repaired,  // The ledger was moved.
    opened,    // A difference was opened,
    known,     // or had been opened before,
    settled,   // or has been settled since.
    kept,      // For the neighbouring day's bill.
    foreign,   // Nobody's.
    gone,      // Between the comparison and now the ledger has come to agree.
};

std::string_view name_of(Fate fate);

// One finding, for a report.
struct ReportRow {
    BillClass bill_class = BillClass::foreign;
    Fate fate = Fate::foreign;
    std::string app;
    std::string out_trade_no;
    std::string trade_no;
    std::string out_request_no;
    std::string status;  // Our payment's, as it was found.
    std::optional<Money> ours;
    std::optional<Money> billed;
    std::optional<std::int64_t> line;  // In the bill.
    std::string detail;
};

struct ApplyOrder {
    ledger::Reconciliation reconciliation;
    const std::vector<AppNumbers>* apps = nullptr;
    const bill::BillTable* table = nullptr;
    std::string request_id;
};

// The unit of work over some findings: reads each one's payment again, decides again, and repairs,
// opens or keeps. Everything that it does is there once, however often it runs. Errors: those of
// Books.
Result<std::vector<ReportRow>> apply(ledger::Books& books, const ApplyOrder& order,
                                     std::span<const Finding> findings, Timestamp now,
                                     Entropy& entropy);

}  // namespace tollgate::gateway::reconcile
