#include "gateway/reconcile/reconciler.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "base/id.h"
#include "gateway/reconcile/comparison.h"
#include "signing/running_sha256.h"

namespace tollgate::gateway::reconcile {
namespace {

constexpr std::size_t kFindingsAUnit = 200;

// Of all files, one after another.
Result<std::string> sha256_of(const std::vector<std::string>& files) {
    signing::RunningSha256 digest;
    std::array<char, 65'536> piece{};
    for (const std::string& file : files) {
        std::ifstream input(file, std::ios::binary);
        if (!input) return Error(ErrorCode::not_found, "cannot read " + file);
        while (input) {
            input.read(piece.data(), piece.size());
            digest.add({piece.data(), static_cast<std::size_t>(input.gcount())});
        }
        if (input.bad()) return Error(ErrorCode::unavailable, "cannot read " + file);
    }
    return digest.hex();
}

void add_number(std::string& json, std::string_view name, std::int64_t number) {
    json += json.ends_with('{') ? "" : ",";
    append_json_string(json, name);
    json += ':' + std::to_string(number);
}

void add_sum(std::string& json, std::string_view name, const CountAndSum& sum) {
    json += json.ends_with('{') ? "" : ",";
    append_json_string(json, name);
    json +=
        ":{\"count\":" + std::to_string(sum.count) + ",\"amount\":" + std::to_string(sum.fen) + "}";
}

}  // namespace

std::vector<Seller> sellers_of(const std::vector<config::AppSettings>& apps) {
    std::vector<Seller> sellers;
    for (const config::AppSettings& app : apps) {
        for (const std::string& seller_id : app.seller_ids) {
            auto seller = std::ranges::find(sellers, seller_id, &Seller::seller_id);
            if (seller == sellers.end()) {
                sellers.push_back({.seller_id = seller_id, .apps = {}});
                seller = std::prev(sellers.end());
            }
            seller->apps.push_back(
                {.app = app.id,
                 .prefixes = app.out_trade_no_prefixes,
                 .rules = {.late = app.late_policy, .refund_window = app.refund_window}});
        }
    }
    return sellers;
}

std::string summary_json(const Report& report) {
    const ComparisonCounts& counts = report.counts;
    std::string json = "{";
    add_sum(json, "bill_payments", counts.bill_payments);
    add_sum(json, "bill_refunds", counts.bill_refunds);
    add_sum(json, "ledger_payments", counts.ledger_payments);
    add_sum(json, "ledger_refunds", counts.ledger_refunds);
    add_number(json, "matched", counts.matched);
    add_number(json, "settled_by_neighbour", counts.settled_by_neighbour);
    json += ",\"classes\":{";
    for (std::size_t i = 0; i < kBillClasses; ++i) {
        add_sum(json, name_of(static_cast<BillClass>(i)), counts.classes[i]);
    }
    json += "},\"fates\":{";
    for (std::size_t i = 0; i < report.fates.size(); ++i) {
        add_number(json, name_of(static_cast<Fate>(i)), report.fates[i]);
    }
    return json + "}}";
}

Result<Report> Reconciler::run(const RunOrder& order) {
    auto outcome = [&]() -> Result<Report> {
        bill::BillTable table;
        Report report;
        report.bill_files = order.bill_files;
        if (!order.is_empty_day) {
            const bill::BillOrder wanted{.seller_id = order.seller.seller_id, .day = order.day};
            if (seams_.progress) seams_.progress("reading", 0, 0);
            TOLLGATE_TRY(const auto counts, bill::read_bills(order.bill_files, wanted, table));
            if (counts.trade_texts == 0) {
                return Error(ErrorCode::invalid_argument,
                             "there is no trade bill (业务明细) among the files")
                    .because("bill_invalid");
            }
            report.has_fund_bill = counts.fund_texts > 0;
            TOLLGATE_TRY(report.reconciliation.bill_sha256, sha256_of(order.bill_files));
        }
        TOLLGATE_DO(table.sort());
        return compare_and_apply(order, table, std::move(report));
    }();
    if (!outcome && outcome.error().code() != ErrorCode::unavailable) {
        record_failure(order, outcome.error());
    }
    return outcome;
}

Result<Done> Reconciler::record_start(const RunOrder& order,
                                      ledger::Reconciliation& reconciliation) {
    reconciliation.id = make_id("rec", seams_.clock.now(), seams_.entropy);
    reconciliation.day = {.seller_id = order.seller.seller_id, .date = order.day.text()};
    reconciliation.started_at = seams_.clock.now();
    const ledger::Reconciliation fresh = reconciliation;
    return seams_.transact([&](ledger::Books& books) {
        reconciliation = fresh;  // A unit may run again.
        return books.reconciliations().begin(reconciliation);
    });
}

Result<Report> Reconciler::compare_and_apply(const RunOrder& order, const bill::BillTable& table,
                                             Report report) {
    ledger::Reconciliation& reconciliation = report.reconciliation;
    TOLLGATE_DO(record_start(order, reconciliation));
    const bool day_is_over = seams_.clock.now() >= order.day.end();
    Comparison comparison({.seller_id = order.seller.seller_id,
                           .day = order.day,
                           .day_is_over = day_is_over,
                           .apps = &order.seller.apps},
                          table, seams_.store, seams_.progress, seams_.stop);
    TOLLGATE_TRY(const Findings found, comparison.run());
    report.counts = found.counts;
    TOLLGATE_DO(apply_crossings(found.crossings));
    TOLLGATE_DO(apply_findings({.reconciliation = reconciliation,
                                .apps = &order.seller.apps,
                                .table = &table,
                                .request_id = order.request_id},
                               found.findings, report));
    // Of a day that is not over yet this was a part: it is compared again when its bill is whole.
    reconciliation.status = day_is_over ? ledger::ReconciliationStatus::complete
                                        : ledger::ReconciliationStatus::running;
    reconciliation.finished_at = seams_.clock.now();
    reconciliation.summary = summary_json(report);
    TOLLGATE_DO(seams_.transact(
        [&](ledger::Books& books) { return books.reconciliations().finish(reconciliation); }));
    reconciliation.repaired += report.count_of(Fate::repaired);
    reconciliation.opened += report.count_of(Fate::opened);
    seams_.log.write(report.has_differences() ? LogLevel::warning : LogLevel::info,
                     "reconcile.complete",
                     {{"seller_id", reconciliation.day.seller_id},
                      {"bill_date", reconciliation.day.date},
                      {"reconciliation", reconciliation.id},
                      {"matched", report.counts.matched},
                      {"repaired", report.count_of(Fate::repaired)},
                      {"opened", report.count_of(Fate::opened)},
                      {"known", report.count_of(Fate::known)},
                      {"kept", report.count_of(Fate::kept)},
                      {"foreign", report.count_of(Fate::foreign)}});
    return report;
}

Result<Done> Reconciler::apply_crossings(const std::vector<ledger::DayBoundary>& crossings) {
    const std::span<const ledger::DayBoundary> all(crossings);
    for (std::size_t i = 0; i < all.size(); i += kFindingsAUnit) {
        const auto part = all.subspan(i, std::min(kFindingsAUnit, all.size() - i));
        const auto write = [&](ledger::Books& books) -> Result<Done> {
            for (const ledger::DayBoundary& crossing : part) {
                TOLLGATE_DO(books.reconciliations().set_boundary(crossing));
            }
            return Done{};
        };
        TOLLGATE_DO(seams_.transact(write));
    }
    return Done{};
}

Result<Done> Reconciler::apply_findings(const ApplyOrder& order,
                                        const std::vector<Finding>& findings, Report& report) {
    const std::span<const Finding> all(findings);
    for (std::size_t i = 0; i < all.size(); i += kFindingsAUnit) {
        if (seams_.stop && seams_.stop()) {
            return Error(ErrorCode::unavailable, "stopped before it was done");
        }
        const auto part = all.subspan(i, std::min(kFindingsAUnit, all.size() - i));
        std::vector<ReportRow> rows;
        TOLLGATE_DO(seams_.transact([&](ledger::Books& books) -> Result<Done> {
            TOLLGATE_TRY(rows, apply(books, order, part, seams_.clock.now(), seams_.entropy));
            return Done{};
        }));
        for (ReportRow& row : rows) {
            ++report.fates[static_cast<std::size_t>(row.fate)];
            if (report.rows.size() < Report::kRowsMax) {
                report.rows.push_back(std::move(row));
            } else {
                ++report.rows_left_out;
            }
        }
        if (seams_.progress) {
            seams_.progress("applying", static_cast<std::int64_t>(i + part.size()),
                            static_cast<std::int64_t>(all.size()));
        }
    }
    return Done{};
}

void Reconciler::record_failure(const RunOrder& order, const Error& error) {
    seams_.log.error("reconcile.failed", {{"seller_id", order.seller.seller_id},
                                          {"bill_date", order.day.text()},
                                          {"reason", error.message()}});
    // A day that was compared stays compared: these bills were the wrong ones.
    const ledger::BillDay day{.seller_id = order.seller.seller_id, .date = order.day.text()};
    auto reading = seams_.store.read();
    if (!reading) return;
    const auto before = (*reading)->reconciliations().find(day);
    if (!before || (*before && (*before)->status == ledger::ReconciliationStatus::complete)) return;
    ledger::Reconciliation failed;
    auto recorded = record_start(order, failed);
    if (recorded) {
        failed.status = ledger::ReconciliationStatus::failed;
        failed.failure = error.message().substr(0, 2'000);
        failed.finished_at = seams_.clock.now();
        recorded = seams_.transact(
            [&](ledger::Books& books) { return books.reconciliations().finish(failed); });
    }
    if (recorded) return;
    seams_.log.error("reconcile.failure_not_recorded", {{"reason", recorded.error().message()}});
}

}  // namespace tollgate::gateway::reconcile
