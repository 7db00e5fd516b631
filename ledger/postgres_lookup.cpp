#include "ledger/postgres_lookup.h"

#include <algorithm>

#include "base/id.h"
#include "ledger/postgres_books.h"
#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

constexpr std::chrono::seconds kNotificationDisorder{60};
// Mostly a page is found among that many.
constexpr int kLookedAtFirst = 1'000;
// Each process takes rows a block of 512 at a time, so that those of several are interleaved.
constexpr RowId kRowDisorder = 16 * 512;

std::string select_payments(const std::string& condition) {
    return std::string("SELECT ") + kPaymentColumns + " FROM payment WHERE " + condition;
}

std::string select_notifications(const std::string& condition) {
    return std::string("SELECT ") + kNotificationColumns +
           ", coalesce(b.body, '') FROM notification n LEFT JOIN notification_body b"
           " ON b.notification = n.id AND b.received_ms = n.received_ms LEFT JOIN payment p"
           " ON p.id = n.payment WHERE " +
           condition;
}

}  // namespace

Result<PaymentPage> PostgresLookup::payments(const PaymentQuery& query) {
    static const std::string kLookedAt =
        "SELECT payment_id, app, status FROM payment WHERE payment_id < $1 AND payment_id >= $2"
        " ORDER BY payment_id DESC LIMIT $3";
    static const std::string kSql =
        select_payments("payment_id IN (SELECT payment_id FROM (" + kLookedAt +
                        ") looked_at WHERE app = ANY ($4::text[]) AND ($5 = '' OR status = $5)"
                        " ORDER BY payment_id DESC LIMIT $6) ORDER BY payment_id DESC");
    static const std::string kFloor =
        "SELECT count(*), coalesce(min(payment_id), '') FROM (" + kLookedAt + ") looked_at";
    std::string below = id_bound("pay", query.until, "pay_zzz");
    if (!query.after.empty() && query.after < below) below = query.after;
    const std::string from = id_bound("pay", query.since, "pay_0");
    PaymentPage page;
    for (const int looked_at : {kLookedAtFirst, kLookedAtMax}) {
        TOLLGATE_TRY(const auto rows,
                     session_.query(
                         kSql.c_str(), below, from, looked_at, PostgresValue::array(query.apps),
                         query.status ? name_of(*query.status) : std::string_view(), query.limit));
        TOLLGATE_TRY(page.rows, read_all(rows, read_payment<PostgresRow>));
        if (page.rows.size() < static_cast<std::size_t>(query.limit)) continue;
        page.next = page.rows.back().id;
        return page;
    }
    TOLLGATE_TRY(const auto floor, session_.query(kFloor.c_str(), below, from, kLookedAtMax));
    if (!floor.empty() && floor[0].integer(0) == kLookedAtMax) page.next = floor[0].text(1);
    return page;
}

Result<std::vector<Payment>> PostgresLookup::payments_refunded_as(std::string_view out_request_no,
                                                                  int limit) {
    static const std::string kSql = select_payments(
        "id IN (SELECT payment FROM refund WHERE out_request_no = $1 ORDER BY id DESC LIMIT $2)"
        " ORDER BY id DESC");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), out_request_no, limit));
    return read_all(rows, read_payment<PostgresRow>);
}

Result<std::optional<Payment>> PostgresLookup::payment_of_event(std::string_view event_id) {
    static const std::string kSql =
        select_payments("id = (SELECT payment FROM event WHERE event_id = $1)");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), event_id));
    return read_first(rows, read_payment<PostgresRow>);
}

Result<std::vector<EventView>> PostgresLookup::events_of(const Payment& payment, Timestamp at) {
    TOLLGATE_TRY(
        const auto rows,
        session_.query("SELECT coalesce(publication, 0), event_id, app, type, payload,"
                       " created_ms, publication FROM event WHERE event_id >= $1"
                       " AND event_id < $2 AND payment = $3 ORDER BY id",
                       id_begin("evt", at), id_begin("evt", Timestamp{at.ms + 1}), payment.row));
    return read_all(rows, read_event<PostgresRow>);
}

// By halving, as first_row_since() does, but in one round trip.
Result<RowId> PostgresLookup::first_notification(Timestamp since) {
    TOLLGATE_TRY(
        const auto rows,
        session_.query("WITH RECURSIVE halving (low, high) AS ("
                       " SELECT 1::bigint, (SELECT coalesce(max(id), 0) + 1 FROM notification)"
                       " UNION ALL"
                       " SELECT CASE WHEN earlier THEN middle + 1 ELSE low END,"
                       "  CASE WHEN earlier THEN high ELSE middle END FROM ("
                       "   SELECT low, high, low + (high - low) / 2 AS middle, coalesce(("
                       "    SELECT received_ms FROM notification"
                       "    WHERE id >= low + (high - low) / 2 ORDER BY id LIMIT 1) < $1, false)"
                       "    AS earlier FROM halving WHERE low < high) step)"
                       " SELECT low FROM halving WHERE low >= high",
                       since.ms));
    return rows.empty() ? RowId{1} : RowId{rows[0].integer(0)};
}

Result<NotificationPage> PostgresLookup::notifications(const NotificationQuery& query) {
    static const std::string kLookedAt =
        "SELECT id, app, verdict, received_ms FROM notification WHERE id < $1 AND id >= $2"
        " ORDER BY id DESC LIMIT $3";
    static const std::string kWanted =
        " looked_at WHERE app = ANY ($4::text[]) AND ($5 = '' OR verdict = $5)"
        " AND received_ms >= $6 AND received_ms < $7 ORDER BY id DESC LIMIT $8)"
        " ORDER BY n.id DESC";
    static const std::string kSql =
        select_notifications("n.id IN (SELECT id FROM (" + kLookedAt + ")" + kWanted);
    static const std::string kOfPayment = select_notifications(
        "n.id IN (SELECT id FROM (SELECT id, app, verdict, received_ms FROM notification"
        " WHERE id < $1 AND id >= $2 AND payment = $9 ORDER BY id DESC LIMIT $3)" +
        kWanted);
    static const std::string kFloor =
        "SELECT count(*), coalesce(min(id), 0) FROM (" + kLookedAt + ") looked_at";
    RowId from = 1;
    RowId below = INT64_MAX;
    if (query.since) {
        TOLLGATE_TRY(from, first_notification(*query.since + -kNotificationDisorder));
        from -= kRowDisorder;
    }
    if (query.until) {
        TOLLGATE_TRY(below, first_notification(*query.until + kNotificationDisorder));
        below += kRowDisorder;
    }
    if (query.after > 0) below = std::min(below, query.after);
    const auto apps = PostgresValue::array(query.apps);
    const std::int64_t since_ms = query.since ? query.since->ms : INT64_MIN;
    const std::int64_t until_ms = query.until ? query.until->ms : INT64_MAX;
    NotificationPage page;
    for (const int looked_at : {kLookedAtFirst, kLookedAtMax}) {
        TOLLGATE_TRY(
            const auto rows,
            query.payment
                ? session_.query(kOfPayment.c_str(), below, from, looked_at, apps, query.verdict,
                                 since_ms, until_ms, query.limit, *query.payment)
                : session_.query(kSql.c_str(), below, from, looked_at, apps, query.verdict,
                                 since_ms, until_ms, query.limit));
        page.rows.clear();
        for (int i = 0; i < rows.size(); ++i) {
            page.rows.push_back(read_notification_view(rows[i], rows[i].bytes(kBodyColumn)));
        }
        if (page.rows.size() < static_cast<std::size_t>(query.limit)) continue;
        page.next = page.rows.back().row;
        return page;
    }
    if (query.payment) return page;
    TOLLGATE_TRY(const auto floor, session_.query(kFloor.c_str(), below, from, kLookedAtMax));
    if (!floor.empty() && floor[0].integer(0) == kLookedAtMax) page.next = floor[0].integer(1);
    return page;
}

Result<std::optional<NotificationView>> PostgresLookup::notification(RowId row) {
    static const std::string kSql = select_notifications("n.id = $1");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), row));
    if (rows.empty()) return std::optional<NotificationView>();
    return std::optional(read_notification_view(rows[0], rows[0].bytes(kBodyColumn)));
}

Result<ActionPage> PostgresLookup::actions(const ActionQuery& query) {
    static const std::string kAll = std::string("SELECT ") + kActionColumns +
                                    " FROM operator_action WHERE action_id < $1"
                                    " ORDER BY action_id DESC LIMIT $2";
    static const std::string kOfTarget = std::string("SELECT ") + kActionColumns +
                                         " FROM operator_action WHERE action_id < $1"
                                         " AND target = ANY ($3::text[])"
                                         " ORDER BY action_id DESC LIMIT $2";
    const std::string below = query.after.empty() ? "act_zzz" : query.after;
    TOLLGATE_TRY(const auto rows, query.targets.empty()
                                      ? session_.query(kAll.c_str(), below, query.limit)
                                      : session_.query(kOfTarget.c_str(), below, query.limit,
                                                       PostgresValue::array(query.targets)));
    ActionPage page;
    TOLLGATE_TRY(page.rows, read_all(rows, read_action<PostgresRow>));
    if (page.rows.size() == static_cast<std::size_t>(query.limit)) page.next = page.rows.back().id;
    return page;
}

Result<PaymentTally> PostgresLookup::tally(Timestamp from, Timestamp to) {
    PaymentTally tally;
    TOLLGATE_TRY(const auto created,
                 session_.query("SELECT count(*) FROM (SELECT 1 FROM payment"
                                " WHERE payment_id >= $1 AND payment_id < $2 LIMIT $3) made",
                                id_begin("pay", from), id_begin("pay", to), kTallyMax));
    if (!created.empty()) tally.created = created[0].integer(0);
    TOLLGATE_TRY(const auto ended,
                 session_.query("SELECT count(*) FILTER (WHERE type = 'payment.paid'),"
                                " count(*) FILTER (WHERE type = 'payment.closed'),"
                                " count(*) FILTER (WHERE type = 'payment.failed')"
                                " FROM (SELECT type FROM event WHERE event_id >= $1"
                                " AND event_id < $2 AND only_endpoint IS NULL LIMIT $3) told",
                                id_begin("evt", from), id_begin("evt", to), kTallyMax));
    if (!ended.empty()) {
        tally.paid = ended[0].integer(0);
        tally.closed = ended[0].integer(1);
        tally.failed = ended[0].integer(2);
    }
    TOLLGATE_TRY(const RowId low, first_notification(from + -kNotificationDisorder));
    TOLLGATE_TRY(const RowId high, first_notification(to + kNotificationDisorder));
    TOLLGATE_TRY(
        const auto came,
        session_.query("SELECT count(*) FROM (SELECT 1 FROM notification WHERE id >= $1"
                       " AND id < $2 AND received_ms >= $3 AND received_ms < $4"
                       " LIMIT $5) came",
                       low - kRowDisorder, high + kRowDisorder, from.ms, to.ms, kTallyMax));
    if (!came.empty()) tally.notifications = came[0].integer(0);
    return tally;
}

Result<Unfinished> PostgresLookup::unfinished() {
    Unfinished unfinished;
    TOLLGATE_TRY(const auto counts,
                 session_.query("SELECT count(*) FILTER (WHERE status = 'pending'),"
                                " count(*) FILTER (WHERE status = 'unknown'),"
                                " count(*) FILTER (WHERE status = 'closing')"
                                " FROM (SELECT status FROM payment WHERE next_sweep_ms IS NOT NULL"
                                " ORDER BY next_sweep_ms LIMIT $1) due",
                                kUnfinishedMax));
    if (!counts.empty()) {
        unfinished.pending = counts[0].integer(0);
        unfinished.unknown = counts[0].integer(1);
        unfinished.closing = counts[0].integer(2);
    }
    static const std::string kOldest = select_payments(
        "id = (SELECT id FROM (SELECT id, status, created_ms FROM payment"
        " WHERE next_sweep_ms IS NOT NULL ORDER BY next_sweep_ms LIMIT $1) due"
        " WHERE status IN ('pending', 'unknown', 'closing') ORDER BY created_ms, id LIMIT 1)");
    TOLLGATE_TRY(const auto oldest, session_.query(kOldest.c_str(), kUnfinishedMax));
    TOLLGATE_TRY(unfinished.oldest, read_first(oldest, read_payment<PostgresRow>));
    return unfinished;
}

Result<std::vector<std::int64_t>> PostgresLookup::delivery_times(RowId endpoint, int limit) {
    TOLLGATE_TRY(const auto rows,
                 session_.query("SELECT d.finished_ms - event.created_ms"
                                " FROM (SELECT event, finished_ms, status FROM delivery"
                                "       WHERE id >= $1 AND id < $2 ORDER BY id DESC LIMIT $3) d"
                                " JOIN event ON event.publication = d.event"
                                " WHERE d.status = 'delivered' AND d.finished_ms IS NOT NULL",
                                delivery_row(endpoint, 0), delivery_row(endpoint + 1, 0), limit));
    std::vector<std::int64_t> times;
    for (int i = 0; i < rows.size(); ++i) times.push_back(rows[i].integer(0));
    return times;
}

Result<std::int64_t> PostgresLookup::open_differences() {
    TOLLGATE_TRY(const auto rows, session_.query("SELECT count(*) FROM (SELECT 1 FROM difference"
                                                 " WHERE status = 'open' LIMIT 10000) open"));
    return rows.empty() ? 0 : rows[0].integer(0);
}

Result<Done> PostgresBooks::begin_action(const ActionRecord& action) {
    return session_.write(
        "INSERT INTO operator_action (action_id, operator, role, action, target, request_id,"
        " reason, before_json, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        action.id, action.operator_name, action.role, action.action, action.target,
        action.request_id, action.reason, action.before, action.at.ms);
}

Result<Done> PostgresBooks::finish_action(std::string_view id, std::int64_t status,
                                          std::string_view after_json, Timestamp now) {
    return session_.change_one(
        "UPDATE operator_action SET status = $1, after_json = $2, finished_ms = $3"
        " WHERE action_id = $4 AND status IS NULL",
        status, after_json, now.ms, id);
}

}  // namespace tollgate::ledger
