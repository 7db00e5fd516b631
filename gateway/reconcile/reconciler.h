#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/beijing_day.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "callbacks/app.h"
#include "config/settings.h"
#include "gateway/bill/bill_reader.h"
#include "gateway/reconcile/applying.h"
#include "gateway/reconcile/findings.h"
#include "ledger/store.h"

namespace tollgate::gateway::reconcile {

// A merchant, and the apps that its money may come through.
struct Seller {
    std::string seller_id;
    std::vector<AppNumbers> apps;
};

// Every merchant of the settings, in the order in which they first stand there.
std::vector<Seller> sellers_of(const std::vector<config::AppSettings>& apps);

// Which day to compare with which files.
struct RunOrder {
    Seller seller;
    BeijingDay day;
    std::vector<std::string> bill_files;
    // Alipay has no bill because nothing happened; then there are no files.
    bool is_empty_day = false;
    std::string request_id;
};

// How a run ended, for people and programs.
struct Report {
    ledger::Reconciliation reconciliation;
    std::vector<std::string> bill_files;
    bool has_fund_bill = false;
    ComparisonCounts counts;
    std::array<std::int64_t, 7> fates{};  // In the order of Fate; of this run.
    std::vector<ReportRow> rows;          // The first kRowsMax.
    std::int64_t rows_left_out = 0;

    std::int64_t count_of(Fate fate) const { return fates[static_cast<std::size_t>(fate)]; }
    // Somebody has to look: a difference of the day is open, this run's or an earlier one's.
    bool has_differences() const { return count_of(Fate::opened) + count_of(Fate::known) > 0; }

    static constexpr std::size_t kRowsMax = 20'000;
};

// The run as one line of JSON, as it is kept with the reconciliation.
std::string summary_json(const Report& report);

// Runs one unit of work and waits for its outcome.
using Transact = std::function<Result<Done>(const std::function<Result<Done>(ledger::Books&)>&)>;

struct ReconcilerSeams {
    ledger::Store& store;
    Transact transact;
    Clock& clock;
    Entropy& entropy;
    Log& log;
    Progress progress = {};
    std::function<bool()> stop = {};  // Asked now and then; true ends a run with unavailable.
};

// Compares one day's bills with the ledger, writes what follows in units of a few hundred findings,
// and records the run. Whatever moment it is cut short at, the same call again brings the same end:
// the comparison is done afresh, and each unit's work is there once. Not for the writer's own
// thread.
class Reconciler {
public:
    explicit Reconciler(ReconcilerSeams seams) : seams_(std::move(seams)) {}

    // Errors: invalid_argument when the bills cannot be trusted (nothing has been applied, and the
    // run is recorded as failed), unavailable, those of Books.
    Result<Report> run(const RunOrder& order);

    // Writes down, and logs, that the day could not be compared. A day that was compared stays so.
    void record_failure(const RunOrder& order, const Error& error);

private:
    Result<Report> compare_and_apply(const RunOrder& order, const bill::BillTable& table,
                                     Report report);
    Result<Done> record_start(const RunOrder& order, ledger::Reconciliation& reconciliation);
    Result<Done> apply_crossings(const std::vector<ledger::DayBoundary>& crossings);
    Result<Done> apply_findings(const ApplyOrder& order, const std::vector<Finding>& findings,
                                Report& report);

    const ReconcilerSeams seams_;
};

}  // namespace tollgate::gateway::reconcile
