#include "ledger/figures_sql.h"
#include "ledger/rows.h"
#include "ledger/sqlite_reading.h"

namespace tollgate::ledger {
namespace {

// What has no number yet: see SqliteOutbox, whose numbers are the events' rows.
constexpr const char* kUnpublishedSql =
    "SELECT COUNT(*), MIN(created_ms) FROM (SELECT created_ms FROM event"
    " WHERE id > (SELECT last FROM publication) ORDER BY id LIMIT $1) AS fresh";

Result<Figures::Counted> counted_by(Statement& select) {
    TOLLGATE_TRY(const bool found, select.step());
    if (!found) return Error(ErrorCode::data_corruption, "a count gave no row");
    Figures::Counted counted{.count = select.integer(0), .oldest = optional_time(select, 1)};
    select.again();  // Ends the read: an open one would keep the log from being recycled.
    return counted;
}

Result<std::vector<Figures::OfStatus>> by_status(Statement& select) {
    std::vector<Figures::OfStatus> figures;
    for (;;) {
        TOLLGATE_TRY(const bool found, select.step());
        if (!found) return figures;
        figures.push_back(
            {.status = select.text(0),
             .age = static_cast<std::size_t>(select.integer(1)),
             .counted = {.count = select.integer(2), .oldest = optional_time(select, 3)}});
    }
}

}  // namespace

Result<Figures> SqliteReading::figures(Timestamp now, std::int64_t rows_max) {
    Figures figures;
    TOLLGATE_TRY(Statement* const payments, statements_.get(figures_sql::kPayments));
    for (int i = 0; i < 3; ++i) {
        payments->bind(i + 1, (now + -Figures::kAges.at(static_cast<std::size_t>(i))).ms);
    }
    payments->bind(4, rows_max);
    TOLLGATE_TRY(auto looked_at, by_status(*payments));
    keep_unfinished(figures, std::move(looked_at), rows_max);
    TOLLGATE_TRY(Statement* const refunds, statements_.get(figures_sql::kRefunds));
    TOLLGATE_TRY(figures.unfinished_refunds, by_status(refunds->bind(1, rows_max)));
    TOLLGATE_TRY(Statement* const preauths, statements_.get(figures_sql::kPreauths));
    TOLLGATE_TRY(figures.unfinished_preauths, by_status(preauths->bind(1, rows_max)));

    const std::pair<const char*, Figures::Counted*> due[] = {
        {figures_sql::kDuePayments, &figures.due_payments},
        {figures_sql::kDueRefunds, &figures.due_refunds},
        {figures_sql::kDuePreauths, &figures.due_preauths}};
    for (const auto& [sql, counted] : due) {
        TOLLGATE_TRY(Statement* const select, statements_.get(sql));
        TOLLGATE_TRY(*counted, counted_by(select->bind(1, now.ms).bind(2, rows_max)));
    }
    TOLLGATE_TRY(Statement* const fresh, statements_.get(kUnpublishedSql));
    TOLLGATE_TRY(figures.unpublished_events, counted_by(fresh->bind(1, rows_max)));
    TOLLGATE_TRY(Statement* const secrets, statements_.get(figures_sql::kSecrets));
    secrets->bind(1, now.ms).bind(2, Figures::kEndpointsMax);
    for (;;) {
        TOLLGATE_TRY(const bool found, secrets->step());
        if (!found) break;
        figures.ending_secrets.push_back({secrets->text(0), {secrets->integer(1)}});
    }
    TOLLGATE_DO(add_outbox_figures(figures, rows_max));
    return figures;
}

Result<Done> SqliteReading::add_outbox_figures(Figures& figures, std::int64_t rows_max) {
    static const std::string kSql = figures_sql::outbox("id");
    TOLLGATE_TRY(Statement* const outbox, statements_.get(kSql.c_str()));
    outbox->bind(1, rows_max).bind(2, Figures::kEndpointsMax);
    for (;;) {
        TOLLGATE_TRY(const bool found, outbox->step());
        if (!found) break;
        figures.outbox.push_back(
            {.endpoint = outbox->text(0),
             .waiting = {.count = outbox->integer(1), .oldest = optional_time(*outbox, 2)},
             .retrying = outbox->integer(3)});
    }
    TOLLGATE_TRY(Statement* const differences, statements_.get(figures_sql::kDifferences));
    differences->bind(1, rows_max);
    for (;;) {
        TOLLGATE_TRY(const bool found, differences->step());
        if (!found) return Done{};
        figures.open_differences.push_back({.difference_class = differences->text(0),
                                            .counted = {.count = differences->integer(1),
                                                        .oldest = optional_time(*differences, 2)}});
    }
}

}  // namespace tollgate::ledger
