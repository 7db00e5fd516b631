#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gateway/trade_answers.h"
#include "ledger/payment.h"

namespace tollgate::gateway {

// The checks of a query's answer against the payment that was asked about, as a notification has
// them. Pure. The class of the difference that it opens, or empty: it may be believed.
// `holder`: who holds the trade_no already, when the payment does not.
std::string_view failed_check(const ledger::Payment& payment, const QueryFinding& finding,
                              const std::optional<ledger::Payment>& holder);

// Alipay's evidence, for a difference.
std::string evidence_of(const QueryFinding& finding);

// A call that an errand may make next.
enum class TradeCall { none, query, close, cancel, create };

std::string_view name_of(TradeCall call);

// What an errand has done so far: it makes each call that changes anything at most once, and the
// next one goes on.
struct ErrandSoFar {
    bool closed = false;
    bool cancelled = false;
    bool created = false;
    // Alipay's number for the trade was known before the latest query left. Else "there is none"
    // may be older than the trade, however late it arrives.
    bool numbered = false;
    // The payment's next look when the latest query left. Another one since is somebody's wish, and
    // the answer may be older than its reason.
    std::optional<Timestamp> next_look = std::nullopt;
};

// What follows from a query that has left the payment as it is now. Pure. Never anything for a
// payment that is held, or that nobody wants to end.
TradeCall next_call(const ledger::Payment& payment, const QueryFinding& finding,
                    const ErrandSoFar& so_far, Timestamp now);

// By the clock alone a payment ends only when that clock agrees with Alipay's.
struct TimeSense {
    Timestamp now;
    bool trusted = true;
};

// The timer's own wish, after a query: a payment whose time is over is to be closed; a barcode
// payment in doubt for two minutes is to be cancelled.
enum class TimersWish { nothing, close, cancel, expired };
TimersWish wish_of_timer(const ledger::Payment& payment, const QueryFinding& finding,
                         const TimeSense& time);

// After its expiry a payment that has no trade waits this long for one that is still coming.
inline constexpr std::chrono::minutes kExpiryGrace{10};
// A barcode payment in doubt is cancelled after this.
inline constexpr std::chrono::minutes kBarcodePatience{2};
// Past this much after its time, somebody is told that it has not ended.
inline constexpr std::chrono::hours kOverdueAfter{1};

// Until when it should have ended, whatever happens. Nothing for one that is paid or final.
std::optional<Timestamp> ends_by(const ledger::Payment& payment);

}  // namespace tollgate::gateway
