#include "ledger/figures_sql.h"
#include "ledger/postgres_reading.h"
#include "ledger/rows.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kUnpublishedSql =
    "SELECT COUNT(*), MIN(created_ms) FROM (SELECT created_ms FROM event"
    " WHERE publication IS NULL ORDER BY id LIMIT $1) AS fresh";

Result<Figures::Counted> counted_by(const Result<PostgresRows>& rows) {
    if (!rows) return rows.error();
    if (rows->empty()) return Error(ErrorCode::data_corruption, "a count gave no row");
    const PostgresRow row = (*rows)[0];
    return Figures::Counted{.count = row.integer(0), .oldest = optional_time(row, 1)};
}

Result<std::vector<Figures::OfStatus>> by_status(const Result<PostgresRows>& rows) {
    if (!rows) return rows.error();
    std::vector<Figures::OfStatus> figures;
    for (int i = 0; i < rows->size(); ++i) {
        const PostgresRow row = (*rows)[i];
        figures.push_back({.status = row.text(0),
                           .age = static_cast<std::size_t>(row.integer(1)),
                           .counted = {.count = row.integer(2), .oldest = optional_time(row, 3)}});
    }
    return figures;
}

}  // namespace

Result<Figures> PostgresReading::figures(Timestamp now, std::int64_t rows_max) {
    Figures figures;
    const auto youngest = [now](std::size_t age) { return (now + -Figures::kAges.at(age)).ms; };
    TOLLGATE_TRY(auto looked_at, by_status(session_.query(figures_sql::kPayments, youngest(0),
                                                          youngest(1), youngest(2), rows_max)));
    keep_unfinished(figures, std::move(looked_at), rows_max);
    TOLLGATE_TRY(figures.unfinished_refunds,
                 by_status(session_.query(figures_sql::kRefunds, rows_max)));
    TOLLGATE_TRY(figures.unfinished_preauths,
                 by_status(session_.query(figures_sql::kPreauths, rows_max)));
    TOLLGATE_TRY(figures.due_payments,
                 counted_by(session_.query(figures_sql::kDuePayments, now.ms, rows_max)));
    TOLLGATE_TRY(figures.due_refunds,
                 counted_by(session_.query(figures_sql::kDueRefunds, now.ms, rows_max)));
    TOLLGATE_TRY(figures.due_preauths,
                 counted_by(session_.query(figures_sql::kDuePreauths, now.ms, rows_max)));
    TOLLGATE_TRY(figures.unpublished_events, counted_by(session_.query(kUnpublishedSql, rows_max)));

    TOLLGATE_TRY(const auto secrets,
                 session_.query(figures_sql::kSecrets, now.ms, Figures::kEndpointsMax));
    for (int i = 0; i < secrets.size(); ++i) {
        figures.ending_secrets.push_back({secrets[i].text(0), {secrets[i].integer(1)}});
    }
    static const std::string kSql = figures_sql::outbox("publication");
    TOLLGATE_TRY(const auto outbox, session_.query(kSql.c_str(), rows_max, Figures::kEndpointsMax));
    for (int i = 0; i < outbox.size(); ++i) {
        const PostgresRow row = outbox[i];
        figures.outbox.push_back(
            {.endpoint = row.text(0),
             .waiting = {.count = row.integer(1), .oldest = optional_time(row, 2)},
             .retrying = row.integer(3)});
    }
    TOLLGATE_TRY(const auto differences, session_.query(figures_sql::kDifferences, rows_max));
    for (int i = 0; i < differences.size(); ++i) {
        const PostgresRow row = differences[i];
        figures.open_differences.push_back(
            {.difference_class = row.text(0),
             .counted = {.count = row.integer(1), .oldest = optional_time(row, 2)}});
    }
    return figures;
}

}  // namespace tollgate::ledger
