#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "callbacks/breaker.h"
#include "callbacks/carrier.h"
#include "callbacks/delivery_round.h"
#include "callbacks/target.h"

namespace tollgate::callbacks {

// What the end of an attempt means for the books.
struct Settled {
    ledger::AttemptResult result;
    std::optional<RoundPlan::Health> health;  // When it has changed.
    std::optional<RoundPlan::Parking> parking;
    bool opened = false;  // The breaker has just opened, …
    bool closed = false;  // … or closed.
};

// One endpoint as the deliverer sees it: what it has in hand, how much it may have, and whether it
// is up. Decides only; sends nothing. One thread.
//
// An endpoint begins with two attempts at a time and gets one more with each success, up to its
// limit; a failure takes it back to one, so that an endpoint that hangs holds little. What failed
// before or piled up during an outage goes by a lane of its own: at most half of the slots, and so
// many a second.
class EndpointLine {
public:
    EndpointLine(std::shared_ptr<const Target> target, BreakerRules rules);

    const Target& target() const { return *target_; }
    std::shared_ptr<const Target> shared_target() const { return target_; }
    // The endpoint was changed.
    void renew(std::shared_ptr<const Target> target);

    // What a round may claim for it.
    Allowance allowance(Timestamp now);
    void add(Claimed claimed);
    // What the round said about its lanes.
    void learn(bool fresh_is_empty, bool again_is_empty);
    // When a round should look at it again for what is pending; nothing: not before something else
    // happens here.
    std::optional<Timestamp> due_at(const ledger::PendingWork& work, Timestamp now);

    // The next delivery that may start; counted as in flight from now on. What has waited so long
    // that its lease might run out in the attempt goes into `too_late` instead.
    std::optional<Claimed> start(Timestamp now, std::vector<ledger::DueDelivery>& too_late);
    // Nothing that has not started should go out now: it is not enabled, or has asked for a pause,
    // or is down.
    bool holds_back(Timestamp now) const;
    // Gives back all that has not started.
    std::vector<ledger::DueDelivery> give_back();
    Settled finish(const Claimed& claimed, AttemptReport report, Timestamp now, Random& random);

    int in_hand() const { return in_flight_ + static_cast<int>(fresh_.size() + again_.size()); }
    int in_flight() const { return in_flight_; }
    bool is_open() const { return breaker_.is_open(); }

private:
    int reserved_for_again() const;
    void refill_tokens(Timestamp now);
    void settle_failure(const Claimed& claimed, const Judgement& judgement, bool was_open,
                        Timestamp now, Random& random, ledger::AttemptResult& result) const;

    std::shared_ptr<const Target> target_;
    Breaker breaker_;
    int allowed_;
    int in_flight_ = 0;
    int again_in_flight_ = 0;
    bool probing_ = false;
    std::deque<Claimed> fresh_;  // Claimed, not started.
    std::deque<Claimed> again_;
    bool fresh_is_empty_ = false;
    bool again_is_empty_ = false;
    std::optional<Timestamp> paused_until_;  // It asked us to slow down.
    std::int64_t tokens_milli_ = 0;          // Thousandths of a delivery by the lane for again.
    Timestamp tokens_at_;
};

}  // namespace tollgate::callbacks
