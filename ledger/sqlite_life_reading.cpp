// What of Reading is asked to end payments.
#include "ledger/sqlite_reading.h"
#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

std::string select_differences(const char* condition) {
    return std::string("SELECT ") + kDifferenceColumns +
           " FROM difference d LEFT JOIN payment p ON p.id = d.payment WHERE " + condition;
}

}  // namespace

Result<bool> SqliteReading::was_notified(const Payment& payment) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT 1 FROM notification WHERE payment = ?"
                                 " AND notify_id IS NOT NULL AND verdict <> 'rejected' LIMIT 1"));
    select->bind(1, payment.row);
    TOLLGATE_TRY(const bool found, select->step());
    select->again();
    return found;
}

Result<std::optional<SubmitToken>> SqliteReading::submit_token(std::string_view caller,
                                                               std::string_view sha256) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT expires_ms, payment FROM submit_token"
                                 " WHERE token_sha256 = ? AND caller = ?"));
    select->bind(1, sha256).bind(2, caller);
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return std::optional<SubmitToken>();
    SubmitToken token{.caller = std::string(caller),
                      .sha256 = std::string(sha256),
                      .expires_at = {select->integer(0)},
                      .payment = select->optional_integer(1)};
    select->again();
    return std::optional(std::move(token));
}

Result<std::optional<DifferenceView>> SqliteReading::difference(std::string_view id) {
    static const std::string kSql = select_differences("d.difference_id = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, id);
    return read_first(*select, read_difference<Statement>);
}

Result<std::optional<DifferenceView>> SqliteReading::difference_about(
    std::string_view app, std::string_view trade_no, std::string_view difference_class) {
    static const std::string kSql =
        select_differences("d.app = ? AND d.trade_no = ? AND d.class = ?");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, app).bind(2, trade_no).bind(3, difference_class);
    return read_first(*select, read_difference<Statement>);
}

Result<std::vector<DifferenceView>> SqliteReading::differences(const DifferenceQuery& query) {
    static const std::string kSql = select_differences(
        "d.id > ?1 AND instr(?2, char(10) || d.app || char(10)) > 0"
        " AND (?3 IS NULL OR d.payment = ?3) AND (?4 IS NULL OR d.status = ?4)"
        " AND (?5 = '' OR d.class = ?5) ORDER BY d.id LIMIT ?6");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    const std::string apps = "\n" + join_lines(query.apps) + "\n";
    select->bind(1, query.after).bind(2, apps).bind(3, query.payment);
    if (query.open) select->bind(4, *query.open ? "open" : "settled");
    select->bind(5, query.difference_class).bind(6, query.limit);
    return read_all(*select, read_difference<Statement>);
}

}  // namespace tollgate::ledger
