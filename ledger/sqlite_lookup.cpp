#include "ledger/sqlite_lookup.h"

#include <algorithm>

#include "base/id.h"
#include "base/log.h"
#include "ledger/sqlite_books.h"
#include "ledger/sqlite_rows.h"

namespace tollgate::ledger {
namespace {

// Notifications are written within moments of their coming.
constexpr std::chrono::seconds kNotificationDisorder{60};
// Mostly a page is found among that many.
constexpr int kLookedAtFirst = 1'000;

std::string lookup_payments(const std::string& condition) {
    return std::string("SELECT ") + kPaymentColumns + " FROM payment WHERE " + condition;
}

std::string lookup_notifications(const std::string& condition) {
    return std::string("SELECT ") + kNotificationColumns +
           ", coalesce(b.body, x'') FROM notification n LEFT JOIN notification_body b"
           " ON b.notification = n.id LEFT JOIN payment p ON p.id = n.payment WHERE " +
           condition;
}

Result<std::vector<NotificationView>> views_of(Statement& select) {
    std::vector<NotificationView> views;
    for (;;) {
        TOLLGATE_TRY(const bool row, select.step());
        if (!row) return views;
        views.push_back(read_notification_view(select, select.text(kBodyColumn)));
    }
}

// "\nshop\nbooks\n": what instr() looks for "\nshop\n" in.
std::string lines_around(const std::vector<std::string>& names) {
    return "\n" + join_lines(names) + "\n";
}

}  // namespace

Result<PaymentPage> SqliteLookup::payments(const PaymentQuery& query) {
    // What is looked at comes first, what is wanted of it second: the ids alone bound the work.
    static const std::string kLookedAt =
        "SELECT payment_id, app, status FROM payment WHERE payment_id < ?1 AND payment_id >= ?2"
        " ORDER BY payment_id DESC LIMIT ?3";
    static const std::string kSql = lookup_payments(
        "payment_id IN (SELECT payment_id FROM (" + kLookedAt +
        ") WHERE instr(?4, char(10) || app || char(10)) > 0 AND (?5 = '' OR status = ?5)"
        " ORDER BY payment_id DESC LIMIT ?6) ORDER BY payment_id DESC");
    static const std::string kFloor =
        "SELECT count(*), coalesce(min(payment_id), '') FROM (" + kLookedAt + ")";
    std::string below = id_bound("pay", query.until, "pay`");  // Behind every "pay_…".
    if (!query.after.empty() && query.after < below) below = query.after;
    const std::string from = id_bound("pay", query.since, "");
    const std::string apps = lines_around(query.apps);
    PaymentPage page;
    for (const int looked_at : {kLookedAtFirst, kLookedAtMax}) {
        TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
        select->bind(1, below).bind(2, from).bind(3, looked_at).bind(4, apps);
        select->bind(5, query.status ? name_of(*query.status) : "").bind(6, query.limit);
        TOLLGATE_TRY(page.rows, read_all(*select, read_payment<Statement>));
        if (page.rows.size() < static_cast<std::size_t>(query.limit)) continue;
        page.next = page.rows.back().id;
        return page;
    }
    TOLLGATE_TRY(Statement* const floor, statements_.get(kFloor.c_str()));
    floor->bind(1, below).bind(2, from).bind(3, kLookedAtMax);
    TOLLGATE_TRY(const bool found, floor->step());
    if (found && floor->integer(0) == kLookedAtMax) page.next = floor->text(1);
    floor->again();
    return page;
}

Result<std::vector<Payment>> SqliteLookup::payments_refunded_as(std::string_view out_request_no,
                                                                int limit) {
    static const std::string kSql = lookup_payments(
        "id IN (SELECT payment FROM refund WHERE out_request_no = ?1 ORDER BY id DESC LIMIT ?2)"
        " ORDER BY id DESC");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, out_request_no).bind(2, limit);
    return read_all(*select, read_payment<Statement>);
}

Result<std::optional<Payment>> SqliteLookup::payment_of_event(std::string_view event_id) {
    static const std::string kSql =
        lookup_payments("id = (SELECT payment FROM event WHERE event_id = ?1)");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, event_id);
    return read_first(*select, read_payment<Statement>);
}

Result<std::vector<EventView>> SqliteLookup::events_of(const Payment& payment, Timestamp at) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT id, event_id, app, type, payload, created_ms,"
                                 " iif(id <= (SELECT last FROM publication), id, NULL) FROM event"
                                 " WHERE event_id >= ?1 AND event_id < ?2 AND payment = ?3"
                                 " ORDER BY id"));
    const std::string from = id_begin("evt", at);
    const std::string to = id_begin("evt", Timestamp{at.ms + 1});
    select->bind(1, from).bind(2, to).bind(3, payment.row);
    return read_all(*select, read_event<Statement>);
}

Result<RowId> SqliteLookup::first_notification(Timestamp since) {
    TOLLGATE_TRY(const auto last, one_number("SELECT coalesce(max(id), 0) FROM notification"));
    const auto ms_at = [this](RowId place) -> Result<std::optional<std::int64_t>> {
        TOLLGATE_TRY(Statement* const select,
                     statements_.get("SELECT received_ms FROM notification WHERE id >= ?1"
                                     " ORDER BY id LIMIT 1"));
        select->bind(1, place);
        TOLLGATE_TRY(const bool found, select->step());
        const auto ms = found ? std::optional(select->integer(0)) : std::nullopt;
        select->again();
        return ms;
    };
    return first_row_since(last + 1, since, ms_at);
}

Result<NotificationPage> SqliteLookup::notifications(const NotificationQuery& query) {
    static const std::string kLookedAt =
        "SELECT id, app, verdict, received_ms FROM notification WHERE id < ?1 AND id >= ?2"
        " ORDER BY id DESC LIMIT ?3";
    static const std::string kWanted =
        " WHERE instr(?4, char(10) || app || char(10)) > 0 AND (?5 = '' OR verdict = ?5)"
        " AND received_ms >= ?6 AND received_ms < ?7 ORDER BY id DESC LIMIT ?8)"
        " ORDER BY n.id DESC";
    static const std::string kSql =
        lookup_notifications("n.id IN (SELECT id FROM (" + kLookedAt + ")" + kWanted);
    static const std::string kLookedAtOfPayment =
        "SELECT id, app, verdict, received_ms FROM notification WHERE id < ?1 AND id >= ?2"
        " AND payment = ?9 ORDER BY id DESC LIMIT ?3";
    static const std::string kOfPayment =
        lookup_notifications("n.id IN (SELECT id FROM (" + kLookedAtOfPayment + ")" + kWanted);
    static const std::string kFloor =
        "SELECT count(*), coalesce(min(id), 0) FROM (" + kLookedAt + ")";
    RowId from = 1;
    RowId below = INT64_MAX;
    if (query.since) {
        TOLLGATE_TRY(from, first_notification(*query.since + -kNotificationDisorder));
    }
    if (query.until) {
        TOLLGATE_TRY(below, first_notification(*query.until + kNotificationDisorder));
    }
    if (query.after > 0) below = std::min(below, query.after);
    const std::string apps = lines_around(query.apps);
    NotificationPage page;
    for (const int looked_at : {kLookedAtFirst, kLookedAtMax}) {
        TOLLGATE_TRY(Statement* const select,
                     statements_.get(query.payment ? kOfPayment.c_str() : kSql.c_str()));
        select->bind(1, below).bind(2, from).bind(3, looked_at).bind(4, apps);
        select->bind(5, query.verdict).bind(6, query.since ? query.since->ms : INT64_MIN);
        select->bind(7, query.until ? query.until->ms : INT64_MAX).bind(8, query.limit);
        if (query.payment) select->bind(9, *query.payment);
        TOLLGATE_TRY(page.rows, views_of(*select));
        if (page.rows.size() < static_cast<std::size_t>(query.limit)) continue;
        page.next = page.rows.back().row;
        return page;
    }
    if (query.payment) return page;
    TOLLGATE_TRY(Statement* const floor, statements_.get(kFloor.c_str()));
    floor->bind(1, below).bind(2, from).bind(3, kLookedAtMax);
    TOLLGATE_TRY(const bool found, floor->step());
    if (found && floor->integer(0) == kLookedAtMax) page.next = floor->integer(1);
    floor->again();
    return page;
}

Result<std::optional<NotificationView>> SqliteLookup::notification(RowId row) {
    static const std::string kSql = lookup_notifications("n.id = ?1");
    TOLLGATE_TRY(Statement* const select, statements_.get(kSql.c_str()));
    select->bind(1, row);
    TOLLGATE_TRY(const bool found, select->step());
    if (!found) return std::optional<NotificationView>();
    auto view = read_notification_view(*select, select->text(kBodyColumn));
    select->again();
    return std::optional(std::move(view));
}

Result<ActionPage> SqliteLookup::actions(const ActionQuery& query) {
    static const std::string kAll = std::string("SELECT ") + kActionColumns +
                                    " FROM operator_action WHERE action_id < ?1"
                                    " ORDER BY action_id DESC LIMIT ?2";
    static const std::string kOfTarget =
        std::string("SELECT ") + kActionColumns +
        " FROM operator_action WHERE action_id < ?1 AND target IN"
        " (SELECT value FROM json_each(?3)) ORDER BY action_id DESC LIMIT ?2";
    std::string targets = "[";
    for (const std::string& target : query.targets) {
        if (targets.size() > 1) targets += ',';
        append_json_string(targets, target);
    }
    targets += ']';
    TOLLGATE_TRY(Statement* const select,
                 statements_.get(query.targets.empty() ? kAll.c_str() : kOfTarget.c_str()));
    const std::string below = query.after.empty() ? "act`" : query.after;
    select->bind(1, below).bind(2, query.limit);
    if (!query.targets.empty()) select->bind(3, targets);
    ActionPage page;
    TOLLGATE_TRY(page.rows, read_all(*select, read_action<Statement>));
    if (page.rows.size() == static_cast<std::size_t>(query.limit)) page.next = page.rows.back().id;
    return page;
}

Result<std::int64_t> SqliteLookup::one_number(const char* sql) {
    TOLLGATE_TRY(Statement* const select, statements_.get(sql));
    TOLLGATE_TRY(const bool found, select->step());
    const std::int64_t number = found ? select->integer(0) : 0;
    select->again();
    return number;
}

Result<PaymentTally> SqliteLookup::tally(Timestamp from, Timestamp to) {
    PaymentTally tally;
    const std::string first_payment = id_begin("pay", from);
    const std::string end_payment = id_begin("pay", to);
    TOLLGATE_TRY(Statement* const created,
                 statements_.get("SELECT count(*) FROM (SELECT 1 FROM payment"
                                 " WHERE payment_id >= ?1 AND payment_id < ?2 LIMIT ?3)"));
    created->bind(1, first_payment).bind(2, end_payment).bind(3, kTallyMax);
    TOLLGATE_TRY(const bool any_created, created->step());
    if (any_created) tally.created = created->integer(0);
    created->again();

    const std::string first_event = id_begin("evt", from);
    const std::string end_event = id_begin("evt", to);
    TOLLGATE_TRY(
        Statement* const ended,
        statements_.get("SELECT count(CASE WHEN type = 'payment.paid' THEN 1 END),"
                        " count(CASE WHEN type = 'payment.closed' THEN 1 END),"
                        " count(CASE WHEN type = 'payment.failed' THEN 1 END)"
                        " FROM (SELECT type FROM event WHERE event_id >= ?1 AND event_id < ?2"
                        " AND only_endpoint IS NULL LIMIT ?3)"));
    ended->bind(1, first_event).bind(2, end_event).bind(3, kTallyMax);
    TOLLGATE_TRY(const bool any_ended, ended->step());
    if (any_ended) {
        tally.paid = ended->integer(0);
        tally.closed = ended->integer(1);
        tally.failed = ended->integer(2);
    }
    ended->again();

    TOLLGATE_TRY(const RowId low, first_notification(from + -kNotificationDisorder));
    TOLLGATE_TRY(const RowId high, first_notification(to + kNotificationDisorder));
    TOLLGATE_TRY(Statement* const came,
                 statements_.get("SELECT count(*) FROM (SELECT 1 FROM notification WHERE id >= ?1"
                                 " AND id < ?2 AND received_ms >= ?3 AND received_ms < ?4"
                                 " LIMIT ?5)"));
    came->bind(1, low).bind(2, high).bind(3, from.ms).bind(4, to.ms).bind(5, kTallyMax);
    TOLLGATE_TRY(const bool any_came, came->step());
    if (any_came) tally.notifications = came->integer(0);
    came->again();
    return tally;
}

Result<Unfinished> SqliteLookup::unfinished() {
    Unfinished unfinished;
    TOLLGATE_TRY(Statement* const count,
                 statements_.get("SELECT count(CASE WHEN status = 'pending' THEN 1 END),"
                                 " count(CASE WHEN status = 'unknown' THEN 1 END),"
                                 " count(CASE WHEN status = 'closing' THEN 1 END)"
                                 " FROM (SELECT status FROM payment WHERE next_sweep_ms IS NOT NULL"
                                 " ORDER BY next_sweep_ms LIMIT ?1)"));
    count->bind(1, kUnfinishedMax);
    TOLLGATE_TRY(const bool counted, count->step());
    if (counted) {
        unfinished.pending = count->integer(0);
        unfinished.unknown = count->integer(1);
        unfinished.closing = count->integer(2);
    }
    count->again();
    static const std::string kOldest = lookup_payments(
        "id = (SELECT id FROM (SELECT id, status, created_ms FROM payment"
        " WHERE next_sweep_ms IS NOT NULL ORDER BY next_sweep_ms LIMIT ?1)"
        " WHERE status IN ('pending', 'unknown', 'closing') ORDER BY created_ms, id LIMIT 1)");
    TOLLGATE_TRY(Statement* const oldest, statements_.get(kOldest.c_str()));
    oldest->bind(1, kUnfinishedMax);
    TOLLGATE_TRY(unfinished.oldest, read_first(*oldest, read_payment<Statement>));
    return unfinished;
}

Result<std::vector<std::int64_t>> SqliteLookup::delivery_times(RowId endpoint, int limit) {
    TOLLGATE_TRY(Statement* const select,
                 statements_.get("SELECT d.finished_ms - event.created_ms"
                                 " FROM (SELECT event, finished_ms, status FROM delivery"
                                 "       WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3) d"
                                 " JOIN event ON event.id = d.event"
                                 " WHERE d.status = 'delivered' AND d.finished_ms IS NOT NULL"));
    select->bind(1, delivery_row(endpoint, 0)).bind(2, delivery_row(endpoint + 1, 0));
    select->bind(3, limit);
    std::vector<std::int64_t> times;
    for (;;) {
        TOLLGATE_TRY(const bool row, select->step());
        if (!row) return times;
        times.push_back(select->integer(0));
    }
}

Result<std::int64_t> SqliteLookup::open_differences() {
    return one_number(
        "SELECT count(*) FROM (SELECT 1 FROM difference WHERE status = 'open' LIMIT 10000)");
}

Result<Done> SqliteBooks::begin_action(const ActionRecord& action) {
    TOLLGATE_TRY(Statement* const insert,
                 statements_.get("INSERT INTO operator_action (action_id, operator, role, action,"
                                 " target, request_id, reason, before_json, at_ms)"
                                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    insert->bind(1, action.id).bind(2, action.operator_name).bind(3, action.role);
    insert->bind(4, action.action).bind(5, action.target).bind(6, action.request_id);
    insert->bind(7, action.reason).bind(8, action.before).bind(9, action.at.ms);
    return insert->run();
}

Result<Done> SqliteBooks::finish_action(std::string_view id, std::int64_t status,
                                        std::string_view after_json, Timestamp now) {
    TOLLGATE_TRY(Statement* const update,
                 statements_.get("UPDATE operator_action SET status = ?, after_json = ?,"
                                 " finished_ms = ? WHERE action_id = ? AND status IS NULL"));
    update->bind(1, status).bind(2, after_json).bind(3, now.ms).bind(4, id);
    return change_one(*update);
}

}  // namespace tollgate::ledger
