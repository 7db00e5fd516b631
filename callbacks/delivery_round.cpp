#include "callbacks/delivery_round.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "callbacks/event.h"
#include "callbacks/fair_share.h"

namespace tollgate::callbacks {
namespace {

using ledger::Endpoint;
using ledger::EndpointStatus;
using ledger::Lane;
using ledger::RowId;

constexpr int kPublishedLeast = 64;
constexpr int kPublishedMost = 1'024;
constexpr std::chrono::milliseconds kLeaseMargin{5'000};

// The endpoints as they are now, seen through this unit.
class Round {
public:
    Round(const RoundPlan& plan, ledger::Books& books, const RoundSeams& seams)
        : plan_(plan),
          books_(books),
          outbox_(books.outbox()),
          seams_(seams),
          now_(seams.clock.now()),
          directory_(plan.directory),
          room_(plan.room) {
        for (const auto& work : plan.waiting) {
            Line& line = line_of(work.endpoint);
            line.has_never_tried = work.never_tried;
            line.next_retry_at = work.next_retry_at;
            waiting_.insert(work.endpoint);
        }
    }

    Result<RoundOutcome> run() {
        for (const auto& result : plan_.results) TOLLGATE_DO(outbox_.finish_attempt(result));
        for (const auto& delivery : plan_.released) TOLLGATE_DO(outbox_.release(delivery, now_));
        for (const auto& [row, health, outage_over] : plan_.healths) {
            TOLLGATE_DO(outbox_.set_health(row, health, outage_over, now_));
        }
        outcome_.directory_version = plan_.directory_version;
        TOLLGATE_DO(learn_changes());
        for (const auto& parking : plan_.parkings) TOLLGATE_DO(park(parking));
        TOLLGATE_DO(claim(waiting_));
        TOLLGATE_DO(publish());
        TOLLGATE_DO(claim(promised_));
        TOLLGATE_TRY(outcome_.pending, outbox_.pending_work());
        outcome_.directory = directory_;
        return std::move(outcome_);
    }

private:
    Result<Done> learn_changes() {
        TOLLGATE_TRY(auto changed, outbox_.endpoints_changed_since(outcome_.directory_version));
        if (changed.empty()) return Done{};
        auto directory = std::make_shared<Directory>(*directory_);
        for (Endpoint& endpoint : changed) {
            std::vector<ledger::EndpointSecret> secrets;
            if (endpoint.origin == ledger::EndpointOrigin::api) {
                TOLLGATE_TRY(secrets, books_.read().outbox().secrets_of(endpoint, now_));
            }
            outcome_.directory_version = endpoint.version;  // The last one has the highest.
            const RowId row = endpoint.row;
            auto target = make_target(std::move(endpoint), secrets, seams_.keys);
            outcome_.changed.push_back(target);
            (*directory)[row] = std::move(target);
        }
        directory_ = std::move(directory);
        return Done{};
    }

    // Whether somebody else gets of the app all that this one gets.
    bool has_another(const Endpoint& endpoint, const std::string& app) const {
        return std::ranges::any_of(*directory_, [&](const auto& other) {
            return other.first != endpoint.row && other.second->is_enabled() &&
                   wants_all(other.second->endpoint.plan, app, endpoint.plan.event_types);
        });
    }

    // Never takes an app the last enabled endpoint for what it is told: then it is only slowed.
    Result<Done> park(const RoundPlan::Parking& parking) {
        const auto found = directory_->find(parking.endpoint);
        if (found == directory_->end() || !found->second->is_enabled()) return Done{};
        auto target = std::make_shared<Target>(*found->second);
        Endpoint& endpoint = target->endpoint;
        const auto& apps = endpoint.plan.apps.empty() ? plan_.apps : endpoint.plan.apps;
        const bool all_have_another = std::ranges::all_of(
            apps, [&](const std::string& app) { return has_another(endpoint, app); });
        if (!all_have_another) {
            outcome_.slowed.push_back(std::move(target));
            return Done{};
        }
        TOLLGATE_DO(outbox_.park(endpoint, parking.reason, now_));
        for (const std::string& app : apps) {
            TOLLGATE_DO(books_.add_event(
                endpoint_disabled_event(app, endpoint, parking.reason, now_, seams_.entropy)));
        }
        auto directory = std::make_shared<Directory>(*directory_);
        (*directory)[endpoint.row] = target;
        directory_ = std::move(directory);
        outcome_.parked.push_back(std::move(target));
        return Done{};
    }

    // In the order of the events. Who has room and nothing in his line gets his at once, claimed in
    // the same step; everybody else's goes into his line.
    Result<Done> publish() {
        const int limit = publishing_limit();
        TOLLGATE_TRY(const auto events, outbox_.unpublished_events(limit));
        // Another process may have made an endpoint since, and then one of these events.
        if (!events.empty()) TOLLGATE_DO(learn_changes());
        TOLLGATE_DO(outbox_.publish(events));
        std::map<std::pair<std::string_view, std::string_view>, std::vector<const Target*>>
            audiences;
        for (const auto& event : events) {
            if (event.only_endpoint) {
                const auto only = directory_->find(*event.only_endpoint);
                const bool is_there = only != directory_->end() && !is_removed(*only->second);
                if (is_there) TOLLGATE_DO(promise(event, *only->second));
                continue;
            }
            // Most are of one kind: who wants that is asked once.
            const auto [audience, is_new] = audiences.try_emplace({event.app, event.type});
            if (is_new) audience->second = audience_of(event);
            for (const Target* target : audience->second) TOLLGATE_DO(promise(event, *target));
        }
        outcome_.published = static_cast<int>(events.size());
        outcome_.more_to_publish = outcome_.published == limit;
        return Done{};
    }

    // So many that most can be claimed in the same step, but never so few that the numbers lag.
    int publishing_limit() {
        int wanted = 0;
        for (const auto& [row, target] : *directory_) {
            if (target->is_enabled()) wanted += line_of(row).fresh;
            if (wanted >= room_) break;
        }
        return std::clamp(std::min(wanted, room_), kPublishedLeast, kPublishedMost);
    }

    Result<Done> promise(const ledger::UnpublishedEvent& event, const Target& target) {
        Line& line = line_of(target.endpoint.row);
        const bool at_once = target.is_enabled() && !target.rules.ordered && room_ > 0 &&
                             line.fresh > 0 && !line.probe && !line.has_never_tried;
        if (at_once) {
            const Timestamp lease_until = now_ + lease_of(target.rules.timeout);
            TOLLGATE_TRY(auto claimed,
                         outbox_.add_claimed(event, target.endpoint, now_, lease_until));
            if (!claimed) return Done{};
            --line.fresh;
            --room_;
            take(*std::move(claimed), lease_until, false);
            outcome_.fresh_is_empty.try_emplace(target.endpoint.row, true);
            outcome_.again_is_empty.try_emplace(target.endpoint.row, true);
            return Done{};
        }
        line.has_never_tried = true;
        promised_.insert(target.endpoint.row);
        return outbox_.add_delivery(event, target.endpoint,
                                    target.rules.ordered ? event.payment : std::nullopt, now_);
    }

    static bool is_removed(const Target& target) {
        return target.endpoint.status == EndpointStatus::removed;
    }

    std::vector<const Target*> audience_of(const ledger::UnpublishedEvent& event) const {
        std::vector<const Target*> audience;
        for (const auto& [row, target] : *directory_) {
            if (is_removed(*target)) continue;
            // Of its own end an endpoint need not hear.
            if (event.type == kEndpointDisabled && !target->is_enabled()) continue;
            if (wants(target->endpoint.plan, event.app, event.type))
                audience.push_back(target.get());
        }
        return audience;
    }

    // For what waits in these lines, as fairly as the room allows.
    Result<Done> claim(const std::set<RowId>& rows) {
        std::vector<const Target*> waiting;
        std::vector<int> wants;
        for (const RowId row : rows) {
            const auto found = directory_->find(row);
            if (found == directory_->end() || !found->second->is_enabled()) continue;
            const Line& line = line_of(row);
            const int wanted = line.probe ? 1 : line.fresh + line.again;
            if (wanted == 0) continue;
            waiting.push_back(found->second.get());
            wants.push_back(wanted);
        }
        const auto shares = share_out(room_, wants, plan_.start);
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            TOLLGATE_DO(claim_for(*waiting[i], shares[i]));
        }
        return Done{};
    }

    Result<Done> claim_for(const Target& target, int share) {
        Line& line = line_of(target.endpoint.row);
        if (line.probe) {
            // The oldest promise tells as well as any other whether the endpoint is back.
            for (const Lane lane : {Lane::retry, Lane::backlog, Lane::fresh}) {
                TOLLGATE_TRY(const int taken, claim_lane(target, lane, std::min(share, 1), true));
                if (taken > 0) line.probe = false;
                if (taken > 0 || share == 0) return Done{};
            }
            outcome_.fresh_is_empty[target.endpoint.row] = true;
            outcome_.again_is_empty[target.endpoint.row] = true;
            return Done{};
        }
        const int fresh = std::min(line.fresh, share);
        TOLLGATE_TRY(const int from_fresh, claim_lane(target, Lane::fresh, fresh, false));
        line.fresh -= from_fresh;
        if (from_fresh < fresh) line.has_never_tried = false;
        outcome_.fresh_is_empty[target.endpoint.row] = from_fresh < fresh;
        const int again = std::min(line.again, share - from_fresh);
        TOLLGATE_TRY(const int retried, claim_lane(target, Lane::retry, again, false));
        TOLLGATE_TRY(const int caught_up,
                     claim_lane(target, Lane::backlog, again - retried, false));
        line.again -= retried + caught_up;
        outcome_.again_is_empty[target.endpoint.row] = retried + caught_up < again;
        return Done{};
    }

    Result<int> claim_lane(const Target& target, Lane lane, int limit, bool probe) {
        if (limit <= 0) return 0;
        const auto& retry_at = line_of(target.endpoint.row).next_retry_at;
        if (lane == Lane::retry && !(retry_at && *retry_at <= now_)) return 0;
        if (lane == Lane::backlog && target.endpoint.backlog_to == 0) return 0;  // Never was down.
        const Timestamp lease_until = now_ + lease_of(target.rules.timeout);
        TOLLGATE_TRY(auto due, outbox_.claim({.endpoint = target.endpoint,
                                              .lane = lane,
                                              .limit = limit,
                                              .now = now_,
                                              .lease_until = lease_until}));
        for (auto& delivery : due) take(std::move(delivery), lease_until, probe);
        room_ -= static_cast<int>(due.size());
        return static_cast<int>(due.size());
    }

    void take(ledger::DueDelivery delivery, Timestamp lease_until, bool probe) {
        outcome_.claimed.push_back(
            {.delivery = std::move(delivery), .lease_until = lease_until, .probe = probe});
    }

    // An endpoint's line as this round goes on.
    struct Line {
        int fresh = 0;  // What of its allowance is left.
        int again = 0;
        bool probe = false;
        bool has_never_tried = false;  // Something waits that a new event must not overtake.
        std::optional<Timestamp> next_retry_at;
    };

    Line& line_of(RowId endpoint) {
        const auto [found, is_new] = lines_.try_emplace(endpoint);
        Line& line = found->second;
        if (!is_new) return line;
        const auto planned = plan_.allowances.find(endpoint);
        const Allowance& allowance =
            planned == plan_.allowances.end() ? plan_.newcomer : planned->second;
        line.fresh = allowance.fresh;
        line.again = allowance.again;
        line.probe = allowance.probe;
        return line;
    }

    const RoundPlan& plan_;
    ledger::Books& books_;
    ledger::Outbox& outbox_;
    const RoundSeams& seams_;
    const Timestamp now_;
    std::shared_ptr<const Directory> directory_;
    std::map<RowId, Line> lines_;
    std::set<RowId> waiting_;   // Lines in which something waited before this round, …
    std::set<RowId> promised_;  // … or into which this round has put something.
    int room_;                  // For claims.
    RoundOutcome outcome_;
};

}  // namespace

std::chrono::milliseconds lease_of(std::chrono::milliseconds timeout) {
    return timeout * 2 + kLeaseMargin;
}

Result<RoundOutcome> run_round(const RoundPlan& plan, ledger::Books& books,
                               const RoundSeams& seams) {
    return Round(plan, books, seams).run();
}

}  // namespace tollgate::callbacks
