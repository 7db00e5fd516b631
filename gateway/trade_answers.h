#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/money.h"
#include "base/result.h"
#include "gateway/alipay_client.h"
#include "ledger/state_table.h"

namespace tollgate::gateway {

// What an answer to trade.query says (protocol notes 9.7), read once. Pure, as all of these.
struct QueryFinding {
    enum class Kind {
        trade,     // Signed: this is the trade as it stands.
        no_trade,  // Signed: there is none. Before the buyer scans or opens the cashier it is so.
        not_now,   // Signed: not handled (call limits).
        unclear,   // Anything else: proves nothing.
    };
    Kind kind = Kind::unclear;
    std::string why;  // Of not_now and unclear, for the log.
    std::string out_trade_no;
    std::string trade_no;
    std::string trade_status;
    std::optional<Money> total_amount;
    std::optional<Timestamp> paid_at;  // send_pay_date.
    bool money_went_back = false;      // It has a sign of a refund.

    bool is_waiting() const { return kind == Kind::trade && trade_status == "WAIT_BUYER_PAY"; }
};
QueryFinding read_query(const Result<AlipayAnswer>& answer);

// What the state table is asked about a trade; nothing for a trade_status that nobody has
// documented.
std::optional<ledger::Input> input_of(const QueryFinding& finding);

// What an answer to trade.cancel says (protocol notes 9.9).
struct CancelFinding {
    enum class Kind {
        closed,    // action=close: the buyer can no longer pay, and no money came.
        refunded,  // action=refund: it had come, and was sent back.
        nothing,   // Handled, and there was no trade to cancel.
        again,     // retry_flag=Y, or not now, or nothing clear: the same call once more.
        refused,   // Signed: it cannot be cancelled.
    };
    Kind kind = Kind::again;
    std::string why;
    std::string trade_no;
};
CancelFinding read_cancel(const Result<AlipayAnswer>& answer);

}  // namespace tollgate::gateway
