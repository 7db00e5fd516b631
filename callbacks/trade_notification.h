#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "ledger/state_table.h"
#include "signing/fields.h"

namespace tollgate::callbacks {

// What a verified trade notification says (protocol notes 4.5), read once, in UTF-8.
struct TradeNotification {
    std::string notify_id;
    std::string app_id;
    std::string out_trade_no;
    std::string trade_no;
    std::string trade_status;
    Money total_amount;
    std::string seller_id;
    std::optional<Timestamp> paid_at;  // gmt_payment
    std::optional<std::string> refund_fee;
    std::optional<std::string> gmt_refund;
    std::optional<std::string> out_biz_no;
    std::optional<std::string> dback_status;  // What became of a refund at the buyer's bank.
};

// Errors: invalid_argument, reason "field_missing" or "field_malformed", naming the fields.
Result<TradeNotification> read_trade_notification(const signing::Fields& utf8_fields);

// notify_type, or msg_method of the newer messages, or "unknown".
std::string kind_of(const signing::Fields& fields);

// What the state table is asked; nothing for a trade_status that nobody has documented.
std::optional<ledger::Input> input_of(const TradeNotification& notification);

// A report of money sent back: never a second payment (protocol notes 4.6).
bool is_refund_report(const TradeNotification& notification);

}  // namespace tollgate::callbacks
