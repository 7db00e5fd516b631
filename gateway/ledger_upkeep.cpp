#include "gateway/ledger_upkeep.h"

namespace tollgate::gateway {
namespace {

constexpr int kDeliverBeats = 4;
constexpr int kClockBeats = 40;
constexpr int kExpiredKeysASecond = 1'000;

}  // namespace

void LedgerUpkeep::run_once() {
    if (const auto done = store_.checkpoint(); !done) {
        log_.error("ledger.checkpoint_failed", {{"reason", done.error().message()}});
    }
    if (store_.is_shared()) look_around();
}

// What other gateways over the same ledger have written: their hints may be lost.
void LedgerUpkeep::look_around() {
    ++beat_;
    hints_.published();
    if (beat_ % kDeliverBeats == 0) hints_.to_deliver();
    if (beat_ % kClockBeats != 0) return;
    if (const auto ahead = store_.clock_ahead_of(clock_.ours())) clock_.set_ahead(*ahead);
}

void drop_expired_keys(ledger::Writer& writer, Timestamp now) {
    writer.submit(ledger::make_unit(
        [now](ledger::Books& books) -> Result<Done> {
            TOLLGATE_DO(books.drop_expired_tokens(now, kExpiredKeysASecond));
            return books.drop_expired_idempotency(now, kExpiredKeysASecond);
        },
        [](const Result<Done>& /*tried_again_later*/) {}));
}

void try_writing(ledger::Writer& writer, Timestamp now) {
    writer.submit(ledger::make_unit([now](ledger::Books& books) { return books.beat(now); },
                                    [](const Result<Done>& /*the_writer_knows*/) {}));
}

}  // namespace tollgate::gateway
