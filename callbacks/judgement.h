#pragma once

#include <optional>
#include <string>

#include "callbacks/app.h"
#include "callbacks/trade_notification.h"
#include "ledger/payment.h"
#include "ledger/records.h"
#include "ledger/state_table.h"

namespace tollgate::callbacks {

// What is decided about one verified trade notification.
struct NotificationJudgement {
    ledger::Verdict verdict = ledger::Verdict::rejected;
    std::string reason;                        // A stable name; empty for plain acceptance.
    std::optional<ledger::Decision> decision;  // What the state table said, if it was asked.
    bool bind_trade_no = false;                // First signed evidence of Alipay's number.
    bool ask_soon = false;                     // A query is due at once.
    // Real money that fits nothing: a difference of this class (`reason`), the payment is held.
    bool opens_difference() const { return verdict == ledger::Verdict::rejected; }
};

// What the ledger knows when the notification is judged.
struct KnownPayments {
    std::optional<ledger::Payment> of_number;    // By (app, out_trade_no).
    std::optional<ledger::Payment> of_trade_no;  // By trade_no; asked for only when needed.
};

// The business checks (protocol notes 4.4) and then the state table. Pure.
NotificationJudgement judge(const TradeNotification& notification, const App& app,
                            const KnownPayments& known);

// A pay time this much before the payment was created cannot be ours; less may be two clocks.
inline constexpr std::chrono::minutes kPayTimeTolerance{10};

}  // namespace tollgate::callbacks
