#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ledger/payment.h"

// Plain rows, as they are written and read. Who may write what, and when, stands in books.h.
namespace tollgate::ledger {

// What became of a notification. A repeat (`duplicate`) writes no row, so it has no name here.
enum class Verdict { accepted, stale, ignored, rejected };

std::string_view name_of(Verdict verdict);

// What makes two notifications the same one. The order's number is part of it: Alipay repeats a
// notification word for word, so a repeat has both; news of another order is never taken for a
// repeat; and what is new lies together in the index, which an id alone would scatter over all of
// it.
struct NotificationKey {
    std::string app;
    std::string out_trade_no;  // Empty when it tells of no order.
    std::string notify_id;

    friend auto operator<=>(const NotificationKey&, const NotificationKey&) = default;
};

// One notification as it came, with what we made of it.
struct NotificationRecord {
    std::string app;
    std::optional<std::string> notify_id;  // Only of a verified one: then key() is its own alone.
    std::optional<RowId> payment;
    std::string kind;  // notify_type or msg_method; "unreadable" when the body was no form.
    std::optional<std::string> out_trade_no;
    std::optional<std::string> trade_no;
    std::optional<std::string> trade_status;
    std::optional<std::string> refund_fee;
    std::optional<std::string> out_biz_no;
    std::optional<std::string> gmt_refund;
    std::optional<std::string> send_back_fee;
    std::optional<std::string> dback_status;
    Verdict verdict = Verdict::rejected;
    std::optional<std::string> reason;
    std::optional<std::string> hint;
    Timestamp received_at;
    std::string headers;  // JSON.
    std::string body;     // As it came.

    // Of a verified one.
    NotificationKey key() const { return {app, out_trade_no.value_or(""), notify_id.value()}; }
};

struct SeenNotification {
    RowId row = 0;
    Verdict verdict = Verdict::rejected;
};

// A place where Alipay's signed word and the ledger disagree; one per (app, trade_no, class).
struct DifferenceRecord {
    std::string id;  // "dif_…"
    std::string app;
    std::string difference_class;
    std::string trade_no;
    std::optional<RowId> payment;
    std::optional<RowId> notification;
    std::string evidence;  // JSON.
    Timestamp opened_at;
};

// A difference as it stands now.
struct DifferenceView {
    RowId row = 0;
    std::string id;
    std::string app;
    std::string difference_class;
    std::string trade_no;
    std::optional<RowId> payment;
    std::string payment_id;  // Empty when it has none.
    std::string evidence;    // JSON.
    bool open = true;
    std::optional<std::string> settlement;  // JSON: what, by whom, in which request.
    Timestamp opened_at;
    std::optional<Timestamp> settled_at;
};

struct DifferenceQuery {
    std::vector<std::string> apps;  // Of these only; none at all when empty.
    std::optional<RowId> payment;   // Of this payment only.
    std::optional<bool> open;       // Absent: both.
    std::string difference_class;   // Empty: every class.
    RowId after = 0;
    int limit = 100;
};

// A one-time token of a caller's.
struct SubmitToken {
    std::string caller;
    std::string sha256;  // The token itself is known to the caller alone.
    Timestamp expires_at;
    std::optional<RowId> payment;  // What it was used for.
};

struct TakenToken {
    std::string_view caller;
    std::string_view sha256;
    RowId payment = 0;
};

// What the order system must hear. Written with the transition that it reports.
struct EventRecord {
    std::string id;  // "evt_…"
    std::string app;
    std::string type;
    std::optional<RowId> payment;
    std::optional<std::int64_t> version;
    std::string payload;                 // The bytes that are sent, and signed, at every attempt.
    std::optional<RowId> only_endpoint;  // A test of one endpoint: nobody else hears of it.
    Timestamp created_at;
};

// A stored answer, or a request at work, under one (caller, key).
struct IdempotencyRecord {
    std::string caller;
    std::string key;
    std::string fingerprint;
    std::optional<Timestamp> running_until;
    std::optional<std::int64_t> status;
    std::string headers;
    std::string body;
    Timestamp expires_at;
};

struct TransitionRecord {
    std::int64_t version = 0;
    std::optional<std::string> from;
    std::string to;
    std::string cause;
    std::string cause_id;
    std::string request_id;
    Timestamp at;
};

}  // namespace tollgate::ledger
