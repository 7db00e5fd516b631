#include "callbacks/difference.h"

#include "base/id.h"
#include "callbacks/event.h"

namespace tollgate::callbacks {

Result<bool> open_difference(ledger::Books& books, ledger::Payment* payment,
                             const NewDifference& difference, Entropy& entropy) {
    ledger::DifferenceRecord record;
    record.id = make_id("dif", difference.now, entropy);
    record.app = difference.app;
    record.difference_class = difference.difference_class;
    record.trade_no = difference.trade_no;
    if (payment != nullptr) record.payment = payment->row;
    record.notification = difference.notification;
    record.evidence = difference.evidence;
    record.opened_at = difference.now;
    TOLLGATE_TRY(const bool opened, books.open_difference(record));
    if (difference.holds && payment != nullptr && !payment->held) {
        TOLLGATE_DO(books.change_payment(*payment, {.to = payment->status, .held = true},
                                         difference.origin, difference.now));
    }
    if (!opened) return false;
    TOLLGATE_DO(books.add_event(difference_event(record, payment, difference.now, entropy)));
    return true;
}

}  // namespace tollgate::callbacks
