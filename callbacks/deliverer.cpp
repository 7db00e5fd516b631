#include "callbacks/deliverer.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "callbacks/event.h"

namespace tollgate::callbacks {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kIdleWait{1'000};
constexpr milliseconds kPauseAfterTrouble{1'000};
constexpr int kStartsATurn = 16;
constexpr int kAhead = 4;  // So many times what may be in flight is claimed at most.
// Under load a round waits until it is worth its COMMIT, or so long: the more rows of a page it
// changes, the fewer pages are written. What has just been committed waits less.
constexpr std::size_t kResultsWorthARound = 1'024;
constexpr milliseconds kRoundPatience{60};
constexpr milliseconds kNewsPatience{20};

// The halves of two plans that must not be lost.
void append_records(RoundPlan& to, RoundPlan&& from) {
    std::ranges::move(from.results, std::back_inserter(to.results));
    std::ranges::move(from.released, std::back_inserter(to.released));
    std::ranges::move(from.healths, std::back_inserter(to.healths));
    std::ranges::move(from.parkings, std::back_inserter(to.parkings));
}

}  // namespace

// What the rounds at the writer, the carriers and the loop share. Rounds and attempts may end after
// the deliverer is gone.
struct Deliverer::Shared {
    std::mutex mutex;
    std::vector<Report> reports;
    std::optional<RoundOutcome> outcome;
    std::optional<RoundPlan> not_recorded;  // The round failed.
    bool round_under_way = false;
    bool hinted = false;
    nanoseconds not_before{};  // A pause after the ledger refused a round; monotonic.
};

Deliverer::Deliverer(EndpointKeys keys, DelivererSettings settings, DelivererSeams seams)
    : keys_(std::make_shared<const EndpointKeys>(std::move(keys))),
      settings_(std::move(settings)),
      seams_(std::move(seams)),
      shared_(std::make_shared<Shared>()) {}

Deliverer::~Deliverer() = default;

void Deliverer::hint() {
    {
        const std::lock_guard lock(shared_->mutex);
        if (shared_->hinted) return;
        shared_->hinted = true;
    }
    seams_.wake();
}

milliseconds Deliverer::run_once() {
    const Timestamp now = seams_.clock.now();
    const auto since =
        seams_.clock.monotonic();  // For what must not stand still when `now` goes back.
    std::vector<Report>& reports = reports_;
    reports.clear();
    std::optional<RoundOutcome> outcome;
    std::optional<RoundPlan> not_recorded;
    bool may_submit = false;
    {
        const std::lock_guard lock(shared_->mutex);
        reports.swap(shared_->reports);
        outcome = std::exchange(shared_->outcome, std::nullopt);
        not_recorded = std::exchange(shared_->not_recorded, std::nullopt);
        may_submit = !shared_->round_under_way && since >= shared_->not_before;
        if (may_submit && std::exchange(shared_->hinted, false)) hinted_ = true;
    }
    if (outcome) take_round(*std::move(outcome), now);
    if (not_recorded) append_records(to_record_, *std::move(not_recorded));
    for (Report& report : reports) take_report(report, now);
    if (draining_) {
        for (auto& [row, line] : lines_) give_back(line);
    }
    start_all(now);

    const bool something_due = hinted_ || more_is_due_ || (due_at_ && *due_at_ <= now);
    const bool claim_is_due = something_due && !draining_ && claim_room() > 0;
    if (may_submit && (has_to_record() || claim_is_due)) {
        const milliseconds patience = hinted_ ? kNewsPatience : kRoundPatience;
        if (has_plenty() && since - round_at_ < patience) {
            return milliseconds(can_start_more() ? 0 : 1);
        }
        round_at_ = since;
        submit(make_plan(now));
    }
    if (can_start_more()) return milliseconds(0);
    if (!due_at_) return kIdleWait;
    return std::clamp<milliseconds>(*due_at_ - now, milliseconds(1), kIdleWait);
}

bool Deliverer::has_to_record() const {
    return !to_record_.results.empty() || !to_record_.released.empty() ||
           !to_record_.healths.empty() || !to_record_.parkings.empty();
}

// More waits to be started than is under way: nothing would go out any sooner by a round now.
bool Deliverer::has_plenty() const {
    return !draining_ && to_record_.results.size() < kResultsWorthARound &&
           in_hand() - in_flight_ > settings_.in_flight_max;
}

EndpointLine& Deliverer::line_of(ledger::RowId endpoint) {
    const auto target = directory_->find(endpoint);
    TOLLGATE_CHECK(target != directory_->end());
    return lines_.try_emplace(endpoint, target->second, settings_.breaker).first->second;
}

void Deliverer::take_round(RoundOutcome outcome, Timestamp now) {
    directory_ = std::move(outcome.directory);
    directory_version_ = outcome.directory_version;
    for (const auto& target : outcome.changed) {
        if (!target->problem.empty()) {
            seams_.log.error("endpoint.unusable",
                             {{"endpoint", target->endpoint.id}, {"reason", target->problem}});
        }
        line_of(target->endpoint.row).renew(target);
        note_target(*target);
    }
    for (const auto& target : outcome.parked) {
        ++parked_;
        seams_.log.error("endpoint.parked",
                         {{"endpoint", target->endpoint.id},
                          {"reason", target->endpoint.parked_reason.value_or("")}});
    }
    for (const auto& target : outcome.slowed) {
        seams_.log.error("endpoint.slowed",
                         {{"endpoint", target->endpoint.id},
                          {"reason", "no other one gets all of an app that it gets"}});
    }
    for (Claimed& claimed : outcome.claimed) {
        ready_.insert(claimed.delivery.endpoint);
        line_of(claimed.delivery.endpoint).add(std::move(claimed));
    }
    for (auto& [row, line] : lines_) {
        if (line.holds_back(now)) give_back(line);
    }
    for (const auto& [row, fresh_is_empty] : outcome.fresh_is_empty) {
        line_of(row).learn(fresh_is_empty, outcome.again_is_empty[row]);
    }
    more_is_due_ = outcome.more_to_publish;
    due_at_.reset();
    waiting_ = std::move(outcome.pending);
    for (const auto& work : waiting_) {
        if (!directory_->contains(work.endpoint)) continue;
        const auto at = line_of(work.endpoint).due_at(work, now);
        if (at) due_at_ = std::min(due_at_.value_or(*at), *at);
    }
}

void Deliverer::take_report(Report& report, Timestamp now) {
    --in_flight_;
    EndpointLine& line = line_of(report.endpoint);
    Settled settled = line.finish(report.claimed, std::move(report.report), now, seams_.random);
    ready_.insert(report.endpoint);
    ++(settled.result.becomes == ledger::DeliveryStatus::delivered ? delivered_ : failed_);
    if (settled.result.becomes == ledger::DeliveryStatus::spent) ++spent_;
    note_settled(line, settled);
    log_attempt(line, report.claimed, settled);
    if (settled.health) to_record_.healths.push_back(*settled.health);
    if (settled.parking) to_record_.parkings.push_back(*std::move(settled.parking));
    to_record_.results.push_back(std::move(settled.result));
    // One that is down, or wants a pause, keeps nothing in hand but what is in flight.
    if (line.holds_back(now)) give_back(line);
}

void Deliverer::give_back(EndpointLine& line) {
    std::ranges::move(line.give_back(), std::back_inserter(to_record_.released));
}

// One a line at a time, going on where the last turn has ended, so that a full house is shared by
// all who wait. A few a turn: who answers at once has answered before the next turn begins, and as
// much gets through with much less under way.
void Deliverer::start_all(Timestamp now) {
    int left = std::min(kStartsATurn, settings_.in_flight_max - in_flight_);
    while (left > 0 && !ready_.empty()) {
        auto row = ready_.lower_bound(next_to_start_);
        if (row == ready_.end()) row = ready_.begin();
        next_to_start_ = *row + 1;
        EndpointLine& line = line_of(*row);
        auto claimed = line.start(now, to_record_.released);
        if (!claimed) {
            ready_.erase(row);
            continue;
        }
        start(line, *std::move(claimed));
        --left;
    }
}

bool Deliverer::can_start_more() const {
    return !ready_.empty() && in_flight_ < settings_.in_flight_max;
}

void Deliverer::start(EndpointLine& line, Claimed claimed) {
    ++in_flight_;
    auto target = line.shared_target();
    const auto kept = std::make_shared<Claimed>(std::move(claimed));
    Carrier& carrier = seams_.carrier_of(target->endpoint);
    carrier.send(
        target, kept->delivery,
        [shared = shared_, wake = seams_.wake, row = target->endpoint.row,
         kept](AttemptReport report) {
            bool first = false;
            {
                const std::lock_guard lock(shared->mutex);
                first = shared->reports.empty();
                shared->reports.push_back(
                    {.endpoint = row, .claimed = std::move(*kept), .report = std::move(report)});
            }
            if (first) wake();
        });
}

int Deliverer::claim_room() const {
    return std::max(0, kAhead * settings_.in_flight_max - in_hand());
}

int Deliverer::in_hand() const {
    int sum = 0;
    for (const auto& [row, line] : lines_) sum += line.in_hand();
    return sum;
}

RoundPlan Deliverer::make_plan(Timestamp now) {
    RoundPlan plan = std::exchange(to_record_, {});
    plan.directory = directory_;
    plan.directory_version = directory_version_;
    plan.apps = settings_.apps;
    if (draining_) return plan;
    for (auto& [row, line] : lines_) plan.allowances[row] = line.allowance(now);
    plan.newcomer = {.fresh = 2, .again = 1};
    plan.room = claim_room();
    plan.start = rounds_++;
    plan.waiting = waiting_;
    return plan;
}

// One unit of work records what has ended and claims what is due: one COMMIT for both.
void Deliverer::submit(RoundPlan plan) {
    hinted_ = false;
    more_is_due_ = false;
    due_at_.reset();  // The round will say.
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->round_under_way = true;
    }
    auto asked = std::make_shared<RoundPlan>(std::move(plan));
    const auto work = [asked, keys = keys_, clock = &seams_.clock,
                       entropy = &seams_.entropy](ledger::Books& books) {
        return run_round(*asked, books, {.keys = *keys, .clock = *clock, .entropy = *entropy});
    };
    const auto finish = [shared = shared_, asked, wake = seams_.wake, clock = &seams_.clock,
                         log = &seams_.log,
                         published = seams_.published](Result<RoundOutcome> outcome) {
        const bool numbers = outcome && outcome->published > 0;
        if (!outcome) log->error("delivery.round_failed", {{"reason", outcome.error().message()}});
        {
            const std::lock_guard lock(shared->mutex);
            shared->round_under_way = false;
            if (outcome) {
                shared->outcome = *std::move(outcome);
            } else {
                RoundPlan records;
                append_records(records, std::move(*asked));
                shared->not_recorded = std::move(records);
                shared->hinted = true;
                shared->not_before = clock->monotonic() + kPauseAfterTrouble;
            }
        }
        wake();
        if (numbers && published) published();
    };
    seams_.writer.submit(ledger::make_unit(work, finish));
}

void Deliverer::log_attempt(const EndpointLine& line, const Claimed& claimed,
                            const Settled& settled) {
    const auto& result = settled.result;
    const auto& endpoint = line.target().endpoint;
    if (settled.opened) {
        seams_.log.warning("endpoint.breaker_open", {{"endpoint", endpoint.id}});
    }
    if (settled.closed) seams_.log.info("endpoint.breaker_closed", {{"endpoint", endpoint.id}});
    const bool delivered = result.becomes == ledger::DeliveryStatus::delivered;
    const bool spent = result.becomes == ledger::DeliveryStatus::spent;
    // Of what went well there is a row for each attempt; a line each would cost as much again.
    seams_.log.write(delivered ? LogLevel::debug
                     : spent   ? LogLevel::error
                               : LogLevel::warning,
                     spent ? "delivery.spent" : "delivery.attempt",
                     {{"event_id", claimed.delivery.event_id},
                      {"payment_id", payment_in(claimed.delivery.payload)},
                      {"type", claimed.delivery.event_type},
                      {"endpoint", endpoint.id},
                      {"attempt", claimed.delivery.attempt},
                      {"outcome", result.outcome},
                      {"status", result.http_status.value_or(0)},
                      {"detail", result.http_status ? "" : result.detail}});
}

void Deliverer::drain() {
    draining_ = true;
    seams_.wake();
}

bool Deliverer::idle() const {
    if (in_flight_ > 0 || has_to_record() || in_hand() > 0) return false;
    const std::lock_guard lock(shared_->mutex);
    return shared_->reports.empty() && !shared_->not_recorded && !shared_->round_under_way &&
           !shared_->outcome;
}

void Deliverer::note_target(const Target& target) {
    const bool is_open = line_of(target.endpoint.row).is_open();
    const std::lock_guard lock(views_mutex_);
    if (target.endpoint.status == ledger::EndpointStatus::removed) {
        views_.erase(target.endpoint.row);
        return;
    }
    EndpointView& view = views_[target.endpoint.row];
    view.id = target.endpoint.id;
    view.breaker_open = is_open;
    view.parked = !target.is_enabled();
}

void Deliverer::note_settled(const EndpointLine& line, const Settled& settled) {
    const std::lock_guard lock(views_mutex_);
    const auto view = views_.find(line.target().endpoint.row);
    if (view == views_.end()) return;
    const auto becomes = settled.result.becomes;
    ++(becomes == ledger::DeliveryStatus::delivered ? view->second.delivered : view->second.failed);
    if (becomes == ledger::DeliveryStatus::spent) ++view->second.spent;
    view->second.breaker_open = line.is_open();
}

std::vector<Deliverer::EndpointView> Deliverer::endpoints() const {
    const std::lock_guard lock(views_mutex_);
    std::vector<EndpointView> endpoints;
    for (const auto& [row, view] : views_) endpoints.push_back(view);
    return endpoints;
}

Deliverer::Counters Deliverer::counters() const {
    return {.delivered = delivered_, .failed = failed_, .spent = spent_, .parked = parked_};
}

}  // namespace tollgate::callbacks
