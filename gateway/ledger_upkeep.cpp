#include "gateway/ledger_upkeep.h"

namespace tollgate::gateway {
namespace {

constexpr int kPublishedBeats = 3;
constexpr int kDeliverBeats = 10;
constexpr int kClockBeats = 100;

}  // namespace

Result<Done> LedgerUpkeep::run_once() {
    if (const auto done = store_.checkpoint(); !done) {
        log_.error("ledger.checkpoint_failed", {{"reason", done.error().message()}});
        if (done.error().code() == ErrorCode::data_corruption) return done;
    }
    if (store_.is_shared()) look_around();
    return Done{};
}

// What other gateways over the same ledger have written: their hints may be lost.
void LedgerUpkeep::look_around() {
    ++beat_;
    if (beat_ % kPublishedBeats == 0) hints_.published();
    if (beat_ % kDeliverBeats == 0) hints_.to_deliver();
    if (beat_ % kClockBeats != 0) return;
    if (const auto ahead = store_.clock_ahead_of(clock_.ours())) clock_.set_ahead(*ahead);
}

}  // namespace tollgate::gateway
