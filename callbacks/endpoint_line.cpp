#include "callbacks/endpoint_line.h"

#include <algorithm>

#include "base/utf8.h"
#include "callbacks/retry_schedule.h"

namespace tollgate::callbacks {
namespace {

using ledger::DeliveryStatus;
using std::chrono::milliseconds;

// How many attempts ahead are claimed for an endpoint that answers well: a round takes a COMMIT, an
// attempt much less.
constexpr int kLookAhead = 4;
constexpr int kFirstAllowed = 2;
constexpr milliseconds kStartMargin{1'000};
constexpr milliseconds kTokensBeat{20};
constexpr milliseconds kBlockedBeat{200};
constexpr milliseconds kPauseMax{600'000};
constexpr std::size_t kDetailBytesMax = 2'048;
constexpr int kJitterPercent = 20;

// The receiver is well and says no to this message: in the middle of a deployment 404 is said for
// minutes, a mistake is said for ever.
std::vector<milliseconds> short_schedule() {
    using namespace std::chrono;  // NOLINT(google-build-using-namespace): five literals.
    return {seconds(5), minutes(1), minutes(5), minutes(30), hours(2)};
}

// The start of a text that came from outside, made fit for a text column.
std::string excerpt(std::string_view text) {
    std::string kept(text.substr(0, kDetailBytesMax));
    while (!kept.empty() && !is_utf8(kept) && kept.size() + 4 > kDetailBytesMax) kept.pop_back();
    return is_utf8(kept) ? kept : "(" + std::to_string(text.size()) + " bytes that are not text)";
}

}  // namespace

EndpointLine::EndpointLine(std::shared_ptr<const Target> target, BreakerRules rules)
    : target_(std::move(target)),
      breaker_(rules, target_->endpoint.health),
      allowed_(std::min(kFirstAllowed, static_cast<int>(target_->rules.in_flight_max))) {}

void EndpointLine::renew(std::shared_ptr<const Target> target) {
    // Another process may have opened or closed it, and enabling it closes it.
    if (target->endpoint.health != target_->endpoint.health) {
        breaker_.take_over(target->endpoint.health);
    }
    if (target->is_enabled() && !target_->is_enabled()) paused_until_.reset();
    target_ = std::move(target);
    allowed_ = std::min(allowed_, static_cast<int>(target_->rules.in_flight_max));
}

int EndpointLine::reserved_for_again() const {
    if (allowed_ < 2 || (again_is_empty_ && again_.empty() && again_in_flight_ == 0)) return 0;
    return std::max(1, allowed_ / 4);
}

void EndpointLine::refill_tokens(Timestamp now) {
    const std::int64_t rate = target_->rules.drain_per_second;
    const milliseconds passed = std::max(now - tokens_at_, milliseconds(0));
    const std::int64_t most = std::max<std::int64_t>(1'000, rate * 1'000 / 10);
    const std::int64_t gained = std::min(passed.count(), std::int64_t{10'000}) * rate;
    tokens_milli_ = std::min(tokens_milli_ + gained, most);
    tokens_at_ = now;
}

Allowance EndpointLine::allowance(Timestamp now) {
    if (!target_->is_enabled() || (paused_until_ && *paused_until_ > now)) return {};
    if (breaker_.is_open()) {
        return {.probe = breaker_.may_probe(now) && !probing_ && in_hand() == 0};
    }
    refill_tokens(now);
    const auto most = static_cast<int>(target_->rules.in_flight_max);
    const int reach = allowed_ >= most ? allowed_ * kLookAhead : allowed_;
    const int again_in_hand = again_in_flight_ + static_cast<int>(again_.size());
    const int again_room = std::max(1, reach / 2) - again_in_hand;
    return {.fresh = std::max(0, reach - reserved_for_again() - in_hand()),
            .again = std::clamp(std::min<int>(again_room, reach - in_hand()), 0,
                                static_cast<int>(tokens_milli_ / 1'000))};
}

void EndpointLine::add(Claimed claimed) {
    if (claimed.probe) probing_ = true;
    claimed.again =
        claimed.delivery.attempt > 1 || claimed.delivery.row <= target_->endpoint.backlog_to;
    if (claimed.again) {
        tokens_milli_ = std::max<std::int64_t>(0, tokens_milli_ - 1'000);
        again_.push_back(std::move(claimed));
    } else {
        fresh_.push_back(std::move(claimed));
    }
}

void EndpointLine::learn(bool fresh_is_empty, bool again_is_empty) {
    fresh_is_empty_ = fresh_is_empty;
    again_is_empty_ = again_is_empty;
}

std::optional<Timestamp> EndpointLine::due_at(const ledger::PendingWork& work, Timestamp now) {
    if (!target_->is_enabled()) return std::nullopt;
    if (breaker_.is_open()) {
        if (in_hand() > 0) return std::nullopt;  // Its end will tell.
        Timestamp at = *breaker_.health().open_until;
        if (paused_until_) at = std::max(at, *paused_until_);
        if (!work.never_tried) at = std::max(at, *work.next_retry_at);
        // A round that might send a probe found none: what waits does so for what is before it.
        const bool found_none = fresh_is_empty_ && again_is_empty_;
        return at <= now && found_none ? now + kBlockedBeat : at;
    }
    const Timestamp base = paused_until_ ? std::max(*paused_until_, now) : now;
    const Allowance room = allowance(base);
    std::optional<Timestamp> at;
    const auto consider = [&at](Timestamp candidate) {
        at = std::min(at.value_or(candidate), candidate);
    };
    if (work.never_tried && !fresh_is_empty_ && room.fresh > 0) consider(base);
    const bool retry_is_due = work.next_retry_at && *work.next_retry_at <= now;
    if (work.next_retry_at && !retry_is_due) consider(std::max(base, *work.next_retry_at));
    if (again_is_empty_) {
        // Due, and yet not given: it waits for what is before it.
        if (retry_is_due) consider(base + kBlockedBeat);
    } else if (work.never_tried || retry_is_due) {
        // Without a free slot the end of an attempt will tell.
        if (room.again > 0) consider(base);
        if (tokens_milli_ < 1'000) consider(base + kTokensBeat);
    }
    return at;
}

std::optional<Claimed> EndpointLine::start(Timestamp now,
                                           std::vector<ledger::DueDelivery>& too_late) {
    while (in_flight_ < allowed_ && (!fresh_.empty() || !again_.empty())) {
        const bool again_may = !again_.empty() && again_in_flight_ < std::max(1, allowed_ / 2);
        const bool fresh_may =
            !fresh_.empty() &&
            (!again_may || in_flight_ - again_in_flight_ < allowed_ - reserved_for_again());
        if (!again_may && !fresh_may) return std::nullopt;
        auto& line = fresh_may ? fresh_ : again_;
        Claimed claimed = std::move(line.front());
        line.pop_front();
        // Its lease must outlive the attempt: else another could begin one meanwhile.
        if (now + target_->rules.timeout + kStartMargin > claimed.lease_until) {
            if (claimed.probe) probing_ = false;
            too_late.push_back(std::move(claimed.delivery));
            continue;
        }
        ++in_flight_;
        if (claimed.again) ++again_in_flight_;
        claimed.started_at = now;
        return claimed;
    }
    return std::nullopt;
}

bool EndpointLine::holds_back(Timestamp now) const {
    return !target_->is_enabled() || (paused_until_ && *paused_until_ > now) ||
           (breaker_.is_open() && !probing_);
}

std::vector<ledger::DueDelivery> EndpointLine::give_back() {
    std::vector<ledger::DueDelivery> back;
    for (auto* line : {&fresh_, &again_}) {
        for (Claimed& claimed : *line) {
            if (claimed.probe) probing_ = false;
            back.push_back(std::move(claimed.delivery));
        }
        line->clear();
    }
    return back;
}

Settled EndpointLine::finish(const Claimed& claimed, AttemptReport report, Timestamp now,
                             Random& random) {
    --in_flight_;
    if (claimed.again) --again_in_flight_;
    if (claimed.probe) probing_ = false;

    const Judgement& judgement = report.judgement;
    const ledger::EndpointHealth before = breaker_.health();
    const bool was_open = breaker_.is_open();
    Settled settled{.result = {.delivery = claimed.delivery.row,
                               .attempt = claimed.delivery.attempt,
                               .generation = claimed.delivery.generation,
                               .started_at = claimed.started_at,
                               .finished_at = now,
                               .outcome = std::string(judgement.outcome),
                               .http_status = report.http_status,
                               .address = std::move(report.address),
                               .phases = report.phases,
                               .detail = excerpt(report.detail)}};
    const auto row = target_->endpoint.row;
    if (judgement.endpoint_failed) {
        allowed_ = 1;
        breaker_.failed(now, random);
        if (judgement.slow_down) {
            paused_until_ = now + std::min<milliseconds>(*judgement.retry_after, kPauseMax);
        }
        const auto& since = breaker_.health().failing_since;
        const milliseconds limit = target_->rules.park_after;
        if (limit.count() > 0 && since && now - *since >= limit) {
            settled.parking = {.endpoint = row, .reason = "failing"};
        }
    } else if (judgement.disposition == Disposition::park) {
        breaker_.open_wide(now);
        settled.parking = {.endpoint = row, .reason = std::string(judgement.outcome)};
    } else if (judgement.disposition != Disposition::give_up) {
        allowed_ = std::min(allowed_ + 1, static_cast<int>(target_->rules.in_flight_max));
        settled.closed = breaker_.succeeded(now);
    }
    settled.opened = !was_open && breaker_.is_open();
    if (breaker_.health() != before) {
        settled.health = {
            .endpoint = row, .health = breaker_.health(), .outage_over = settled.closed};
    }
    settle_failure(claimed, judgement, was_open, now, random, settled.result);
    return settled;
}

// What becomes of the delivery.
void EndpointLine::settle_failure(const Claimed& claimed, const Judgement& judgement, bool was_open,
                                  Timestamp now, Random& random,
                                  ledger::AttemptResult& result) const {
    std::vector<milliseconds> waits = target_->rules.waits;
    int tried = claimed.delivery.counted;
    switch (judgement.disposition) {
        case Disposition::delivered: result.becomes = DeliveryStatus::delivered; return;
        case Disposition::cancel: result.becomes = DeliveryStatus::cancelled; return;
        case Disposition::give_up: result.becomes = DeliveryStatus::spent; return;
        case Disposition::park:
            // It waits for the endpoint; that it was the one to be told so costs it nothing.
            result.forgiven = true;
            result.next_attempt_at = now;
            return;
        case Disposition::retry: break;
        case Disposition::retry_short:
            // By refusals alone: what failed before, in an outage, is not this message's fault.
            waits = short_schedule();
            tried = claimed.delivery.refused + 1;
            break;
    }
    if (judgement.endpoint_failed && (was_open || claimed.probe)) {
        // The endpoint is down, not the delivery at fault: its budget stays whole.
        result.forgiven = true;
        result.next_attempt_at = breaker_.health().open_until.value_or(now);
        return;
    }
    const RetrySchedule schedule{.waits = std::move(waits), .jitter_percent = kJitterPercent};
    result.next_attempt_at = next_attempt_at(schedule, tried, now, random);
    if (!result.next_attempt_at) {
        result.becomes = DeliveryStatus::spent;
        return;
    }
    if (judgement.retry_after) {
        // A floor, with jitter upwards only: else everybody comes back in the same second.
        const auto spread = static_cast<std::uint64_t>(judgement.retry_after->count() / 5) + 1;
        const Timestamp floor = now + *judgement.retry_after +
                                milliseconds(static_cast<std::int64_t>(random.below(spread)));
        result.next_attempt_at = std::max(*result.next_attempt_at, floor);
    }
}

}  // namespace tollgate::callbacks
