#pragma once

#include <chrono>
#include <string>

#include "tests/simulation/dice.h"

namespace tollgate::simulation {

// How hostile one run is. Chances are in thousandths, of each exchange unless something else is
// said; what is zero does not happen.
struct Faults {
    // The network.
    int refused = 0;       // No connection: nothing was sent.
    int request_lost = 0;  // The sender waits until its timeout.
    int reply_lost = 0;    // Done, and never heard of.
    int duplicated = 0;    // The request arrives twice.
    int slow = 0;          // Up to half a minute, past what others have to say.
    int corrupted = 0;     // A character of a signed text is another one.
    int error_before = 0;  // A proxy answers 5xx, and nothing was done.
    int error_after = 0;   // It was done, and a proxy answers 5xx.

    // The others.
    int alipay_trouble = 0;    // Signed SYSTEM_ERROR or unsigned nonsense, done or not.
    int receiver_trouble = 0;  // The order system answers 500, whether or not it took the event.
    int forgeries = 0;         // Of each order: somebody sends a notification of his own.
    int foreign_trades = 0;    // Of each order: money for a number that is not ours.
    int chatty = 0;            // Of each trade: it reports more than that it was paid.
    int immediate_finish = 0;  // Of each trade: TRADE_FINISHED at once, as without refunds.
    int refusals = 0;          // Of each creating call and refund: Alipay wants none of it.
    int repeat_refusals = 0;   // Of each refund asked for again: it is refused, though it was done.
    int late_reports = 0;      // Of each refund: a query knows nothing of it for a minute at most.
    int late_money = 0;        // Of each trade that was closed: the buyer's money comes after all.
    int external_refunds = 0;  // Of each paid trade: somebody refunds it at Alipay's own pages.

    // What the order system wishes, of each order.
    int closes = 0;        // It has changed its mind (by barcode: it cancels).
    int refunds = 0;       // Of what was paid: in one or several parts.
    int replaces = 0;      // Another payment takes the place of the first.
    int second_tries = 0;  // Another payment beside the first.
    int preauths = 0;      // Money is frozen first, and taken or let go later.

    // Our own machine.
    int crashes = 0;     // So many times.
    int power_loss = 0;  // Of each crash: the machine goes down with the process.
    int disk_troubles = 0;
    int clock_jumps = 0;
    std::chrono::milliseconds jump_max{0};  // What they may add up to, either way.

    // A swarm: about half of the kinds are left out of each run, else the common ones would hide
    // what the rare ones do together.
    static Faults drawn_from(Dice& dice);

    std::string text() const;
};

}  // namespace tollgate::simulation
