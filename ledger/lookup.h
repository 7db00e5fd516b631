#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "ledger/delivery.h"
#include "ledger/records.h"

// What people look for, and what they have done. Nothing of it is asked on the hot paths, and it
// costs them no index: rows are found by the time that stands in their ids.
namespace tollgate::ledger {

// Of one request for a list. What is rare among many is found page by page: see Page::next.
inline constexpr int kLookedAtMax = 20'000;

template <typename Row, typename Cursor>
struct Page {
    std::vector<Row> rows;  // The newest first.
    std::optional<Cursor>
        next;  // Absent: nothing is left. A page may be short, even empty, before.
};

struct PaymentQuery {
    std::vector<std::string> apps;  // Of these only; none at all when empty.
    std::optional<PaymentStatus> status;
    std::optional<Timestamp> since;  // Created at or after it …
    std::optional<Timestamp> until;  // … and before it.
    std::string after;  // The id that the last page ended with; empty: from the newest.
    int limit = 50;
};
using PaymentPage = Page<Payment, std::string>;

// A notification as people see it.
struct NotificationView {
    RowId row = 0;
    std::string app;
    std::optional<std::string> notify_id;
    std::string kind;
    std::optional<std::string> out_trade_no;
    std::optional<std::string> trade_no;
    std::optional<std::string> trade_status;
    std::string verdict;
    std::optional<std::string> reason;
    std::optional<std::string> hint;
    Timestamp received_at;
    std::string payment_id;  // Empty when it has none.
    std::string headers;  // JSON; empty once they are gone for their age, and the body with them.
    std::string body;     // As it came.

    bool has_body() const { return !headers.empty(); }
};

struct NotificationQuery {
    std::vector<std::string> apps;  // Of these only; none at all when empty.
    std::string verdict;            // Empty: every one.
    std::optional<RowId> payment;
    std::optional<Timestamp> since;  // Received at or after it …
    std::optional<Timestamp> until;  // … and before it.
    RowId after = 0;                 // The row that the last page ended with; 0: from the newest.
    int limit = 50;
};
using NotificationPage = Page<NotificationView, RowId>;

// What an operator has done: written before it begins, completed after it.
struct ActionRecord {
    std::string id;  // "act_…"
    std::string operator_name;
    std::string role;
    std::string action;  // "payments.close"
    std::string target;  // "payments/pay_…"
    std::string request_id;
    std::string reason;                  // In the operator's words.
    std::optional<std::string> before;   // JSON: the object as it was.
    std::optional<std::string> after;    // JSON: the answer.
    std::optional<std::int64_t> status;  // Of the answer; absent: what became of it is not known.
    Timestamp at;
    std::optional<Timestamp> finished_at;
};

struct ActionQuery {
    std::vector<std::string> targets;  // Of these only; empty: everything.
    std::string after;                 // The id that the last page ended with.
    int limit = 50;
};
using ActionPage = Page<ActionRecord, std::string>;

// What happened in a stretch of time.
struct PaymentTally {
    std::int64_t created = 0;
    std::int64_t paid = 0;
    std::int64_t closed = 0;
    std::int64_t failed = 0;
    std::int64_t notifications = 0;
};

// Payments whose end somebody must still see to, no more than kUnfinishedMax of them.
struct Unfinished {
    std::int64_t pending = 0;
    std::int64_t unknown = 0;
    std::int64_t closing = 0;
    std::optional<Payment> oldest;
};
inline constexpr int kUnfinishedMax = 10'000;

// What can be looked for; see Reading. No call reads more than a bounded number of rows.
class LookupReading {
public:
    virtual ~LookupReading() = default;

    virtual Result<PaymentPage> payments(const PaymentQuery& query) = 0;
    // Those that have a refund of this number; the newest first, at most `limit`.
    virtual Result<std::vector<Payment>> payments_refunded_as(std::string_view out_request_no,
                                                              int limit) = 0;
    virtual Result<std::optional<Payment>> payment_of_event(std::string_view event_id) = 0;
    // The events of a payment that were written at this moment: with what it became then.
    virtual Result<std::vector<EventView>> events_of(const Payment& payment, Timestamp at) = 0;

    virtual Result<NotificationPage> notifications(const NotificationQuery& query) = 0;
    virtual Result<std::optional<NotificationView>> notification(RowId row) = 0;

    virtual Result<ActionPage> actions(const ActionQuery& query) = 0;

    // From `from` on, before `to`; each number stops at kTallyMax.
    virtual Result<PaymentTally> tally(Timestamp from, Timestamp to) = 0;
    static constexpr int kTallyMax = 100'000;
    virtual Result<Unfinished> unfinished() = 0;
    // From an event's making to its delivery, in milliseconds: of the last ones to this endpoint.
    virtual Result<std::vector<std::int64_t>> delivery_times(RowId endpoint, int limit) = 0;
    virtual Result<std::int64_t> open_differences() = 0;
};

// The columns that read_notification_view() takes, of notification n, its body b and payment p; the
// body, which every engine spells in its own way, comes behind them.
inline constexpr const char* kNotificationColumns =
    "n.id, n.app, n.notify_id, n.kind, n.out_trade_no, n.trade_no, n.trade_status, n.verdict,"
    " n.reason, n.hint, n.received_ms, coalesce(p.payment_id, ''), coalesce(b.headers, '')";
inline constexpr int kBodyColumn = 13;
template <typename Row>
NotificationView read_notification_view(const Row& row, std::string body) {
    return {.row = row.integer(0),
            .app = row.text(1),
            .notify_id = row.optional_text(2),
            .kind = row.text(3),
            .out_trade_no = row.optional_text(4),
            .trade_no = row.optional_text(5),
            .trade_status = row.optional_text(6),
            .verdict = row.text(7),
            .reason = row.optional_text(8),
            .hint = row.optional_text(9),
            .received_at = {row.integer(10)},
            .payment_id = row.text(11),
            .headers = row.text(12),
            .body = std::move(body)};
}

inline constexpr const char* kActionColumns =
    "action_id, operator, role, action, target, request_id, reason, before_json, after_json,"
    " status, at_ms, finished_ms";
template <typename Row>
ActionRecord read_action(const Row& row) {
    const auto finished_ms = row.optional_integer(11);
    return {.id = row.text(0),
            .operator_name = row.text(1),
            .role = row.text(2),
            .action = row.text(3),
            .target = row.text(4),
            .request_id = row.text(5),
            .reason = row.text(6),
            .before = row.optional_text(7),
            .after = row.optional_text(8),
            .status = row.optional_integer(9),
            .at = {row.integer(10)},
            .finished_at = finished_ms ? std::optional(Timestamp{*finished_ms}) : std::nullopt};
}

// Rows are written almost in the order of time: the first one that can be of `wanted` or later, by
// halving. `ms_at` gives the time of the first row at or after a place, or nothing.
template <typename MsAt>
Result<RowId> first_row_since(RowId end, Timestamp wanted, MsAt ms_at) {
    RowId low = 1;
    RowId high = end;
    while (low < high) {
        const RowId middle = low + (high - low) / 2;
        TOLLGATE_TRY(const std::optional<std::int64_t> ms, ms_at(middle));
        if (ms && *ms < wanted.ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

// Where no id of the kind that is made at `at` or later can stand before, and none that is made
// before can stand behind; `otherwise` without a time.
std::string id_bound(std::string_view prefix, const std::optional<Timestamp>& at,
                     std::string_view otherwise);

}  // namespace tollgate::ledger
