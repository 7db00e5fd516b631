#include "callbacks/difference.h"

#include "base/check.h"
#include "base/id.h"
#include "callbacks/event.h"
#include "callbacks/evidence.h"

namespace tollgate::callbacks {
namespace {

Result<Done> hold(ledger::Books& books, ledger::Payment* payment, const NewDifference& difference) {
    if (!difference.holds || payment == nullptr || payment->held) return Done{};
    return books.change_payment(*payment, {.to = payment->status, .held = true}, difference.origin,
                                difference.now);
}

// Whoever looks at it again must see what was said about it before.
std::string with_settlement(std::string evidence, const std::optional<std::string>& settlement) {
    if (!settlement || !evidence.ends_with('}')) return evidence;
    evidence.pop_back();
    if (!evidence.ends_with('{')) evidence += ',';
    return evidence + R"("settled_before":)" + *settlement + "}";
}

}  // namespace

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
    TOLLGATE_TRY(bool opened, books.open_difference(record));
    if (!opened) {
        TOLLGATE_TRY(const auto known, books.read().difference_about(record.app, record.trade_no,
                                                                     record.difference_class));
        TOLLGATE_CHECK(known);
        if (tells_of_more_money(record.evidence, known->evidence)) {
            record.id = known->id;
            record.evidence = with_settlement(std::move(record.evidence), known->settlement);
            TOLLGATE_DO(books.renew_difference(*known, record));
            opened = !known->open;
        } else if (!known->open) {
            return false;  // A person has settled just this: it holds nothing any more.
        }
    }
    TOLLGATE_DO(hold(books, payment, difference));
    if (!opened) return false;
    TOLLGATE_DO(books.add_event(difference_event(record, payment, difference.now, entropy)));
    return true;
}

}  // namespace tollgate::callbacks
