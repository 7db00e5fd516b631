#include "gateway/operate/timeline.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "base/json_object.h"
#include "gateway/answers.h"
#include "gateway/difference_unit.h"
#include "gateway/event_json.h"
#include "gateway/history_json.h"
#include "gateway/notification_api.h"
#include "gateway/operate/roles.h"
#include "gateway/operate/search.h"

namespace tollgate::gateway::operate {
namespace {

using ledger::PaymentStatus;
using transport::ServerRequest;
using transport::ServerResponse;
using transport::Ticket;

constexpr int kOfAKindMax = 200;

struct Entry {
    Timestamp at;
    std::string_view kind;
    std::string title;
    std::string data;  // JSON.
};

std::string step_json(const ledger::TransitionRecord& step) {
    const std::string list = transitions_json({step});
    return list.substr(1, list.size() - 2);
}

template <typename Items, typename ToJson>
std::string list_of(const Items& items, ToJson to_json_of) {
    std::string list = "[";
    for (const auto& item : items) {
        if (list.size() > 1) list += ',';
        list += to_json_of(item);
    }
    return list + "]";
}

// Gathers what belongs to the payment, kind by kind.
class Life {
public:
    Life(ledger::Reading& reading, const ledger::Payment& payment)
        : reading_(reading), payment_(payment), targets_{"payments/" + payment.id} {}

    Result<Done> gather() {
        TOLLGATE_DO(add_transitions());
        TOLLGATE_DO(add_notifications());
        TOLLGATE_DO(add_refunds());
        TOLLGATE_DO(add_differences());
        TOLLGATE_DO(add_events());
        TOLLGATE_DO(add_actions());
        TOLLGATE_DO(add_attempts());
        std::ranges::stable_sort(entries_, {}, &Entry::at);
        keep_newest();
        return Done{};
    }

    std::string entries_json() const {
        return list_of(entries_, [](const Entry& entry) {
            JsonObject json;
            json.time("at", entry.at)
                .text("kind", entry.kind)
                .text("title", entry.title)
                .raw("data", entry.data);
            return std::move(json).end();
        });
    }

    const std::vector<ledger::Refund>& refunds() const { return refunds_; }
    const std::vector<ledger::DifferenceView>& differences() const { return differences_; }
    bool has_events() const { return !events_.empty(); }
    bool is_cut() const { return is_cut_; }

private:
    Result<Done> add_transitions() {
        TOLLGATE_TRY(const auto history, reading_.history_of(payment_));
        for (const auto& step : history) {
            moments_.insert(step.at.ms);
            entries_.push_back({.at = step.at,
                                .kind = step.from ? "transition" : "created",
                                .title = step.to,
                                .data = step_json(step)});
        }
        return Done{};
    }

    Result<Done> add_notifications() {
        TOLLGATE_TRY(auto page, reading_.lookup().notifications({.apps = {payment_.app},
                                                                 .verdict = "",
                                                                 .payment = payment_.row,
                                                                 .limit = kOfAKindMax + 1}));
        keep_newest_of(page.rows);
        for (const auto& view : page.rows) {
            entries_.push_back({.at = view.received_at,
                                .kind = "notification",
                                .title = view.verdict,
                                .data = notification_json(view, false)});
        }
        return Done{};
    }

    Result<Done> add_refunds() {
        TOLLGATE_TRY(refunds_, reading_.refunds().of(payment_));
        for (const auto& refund : refunds_) {
            TOLLGATE_TRY(const auto history, reading_.refunds().history_of(refund));
            for (const auto& step : history) {
                moments_.insert(step.at.ms);
                entries_.push_back(
                    {.at = step.at, .kind = "refund", .title = step.to, .data = to_json(refund)});
            }
        }
        return Done{};
    }

    Result<Done> add_differences() {
        ledger::DifferenceQuery query{.apps = {payment_.app}};
        query.payment = payment_.row;
        TOLLGATE_TRY(differences_, reading_.differences(query));
        for (const auto& difference : differences_) {
            moments_.insert(difference.opened_at.ms);
            targets_.push_back("differences/" + difference.id);
            if (difference.settled_at) moments_.insert(difference.settled_at->ms);
            entries_.push_back({.at = difference.opened_at,
                                .kind = "difference",
                                .title = difference.difference_class,
                                .data = difference_json(difference)});
        }
        return Done{};
    }

    // Each event was written at the moment of what it tells of.
    Result<Done> add_events() {
        for (const std::int64_t moment : moments_) {
            TOLLGATE_TRY(auto events, reading_.lookup().events_of(payment_, {moment}));
            for (auto& event : events) {
                targets_.push_back("events/" + event.id);
                entries_.push_back({.at = event.created_at,
                                    .kind = "event",
                                    .title = event.type,
                                    .data = event_json(event)});
                events_.push_back(std::move(event));
            }
        }
        return Done{};
    }

    // After all else, and the newest event's first: what became of the money goes before how often
    // it was told.
    Result<Done> add_attempts() {
        for (const auto& event : std::views::reverse(events_)) {
            TOLLGATE_DO(add_attempts_of(event));
        }
        return Done{};
    }

    Result<Done> add_attempts_of(const ledger::EventView& event) {
        if (!event.publication) return Done{};  // It has no deliveries yet.
        TOLLGATE_TRY(const auto attempts, reading_.outbox().attempts_of(event));
        for (const auto& attempt : std::views::reverse(attempts)) {
            if (entries_.size() >= Timeline::kEntriesMax) {
                is_cut_ = true;
                return Done{};
            }
            auto json = attempt_json(attempt);
            json["event"] = event.id;
            entries_.push_back({.at = attempt.started_at,
                                .kind = "attempt",
                                .title = attempt.outcome,
                                .data = to_text(json)});
        }
        return Done{};
    }

    Result<Done> add_actions() {
        const ledger::ActionQuery query{.targets = targets_, .limit = kOfAKindMax + 1};
        TOLLGATE_TRY(auto page, reading_.lookup().actions(query));
        keep_newest_of(page.rows);
        for (const auto& action : page.rows) {
            entries_.push_back({.at = action.at,
                                .kind = "action",
                                .title = action.action,
                                .data = action_json(action, false)});
        }
        return Done{};
    }

    // Of a page that asked for one more than it may hold, the newest first.
    template <typename Row>
    void keep_newest_of(std::vector<Row>& rows) {
        if (rows.size() <= std::size_t{kOfAKindMax}) return;
        is_cut_ = true;
        rows.pop_back();
    }

    void keep_newest() {
        if (entries_.size() <= Timeline::kEntriesMax) return;
        is_cut_ = true;
        entries_.erase(entries_.begin(), entries_.end() - Timeline::kEntriesMax);
    }

    ledger::Reading& reading_;
    const ledger::Payment& payment_;
    std::vector<Entry> entries_;
    std::set<std::int64_t> moments_;  // At which something was told.
    std::vector<ledger::Refund> refunds_;
    std::vector<ledger::DifferenceView> differences_;
    std::vector<std::string> targets_;       // Of actions that concern the payment.
    std::vector<ledger::EventView> events_;  // The oldest first.
    bool is_cut_ = false;
};

std::int64_t refundable_fen(const ledger::Payment& payment,
                            const std::vector<ledger::Refund>& refunds) {
    if (payment.status != PaymentStatus::paid) return 0;
    return payment.amount.fen() - ledger::sums_of(refunds).live.fen();
}

// What the API would take now. It decides again when it is asked.
std::vector<std::string> allowed_actions(const ledger::Payment& payment, const Life& life,
                                         std::string_view role) {
    std::vector<std::string> actions;
    if (!ledger::is_final(payment.status) && !payment.held) actions.emplace_back("refresh");
    if (!may_act(role)) return actions;
    const bool open = payment.status == PaymentStatus::pending ||
                      payment.status == PaymentStatus::unknown ||
                      payment.status == PaymentStatus::closing;
    if (open && !payment.held) {
        actions.emplace_back("close");
        if (payment.product == "barcode") actions.emplace_back("cancel");
    }
    if (!payment.held && refundable_fen(payment, life.refunds()) > 0) {
        actions.emplace_back("refund");
    }
    if (life.has_events()) actions.emplace_back("redeliver");
    const bool disputed = std::ranges::any_of(life.differences(), &ledger::DifferenceView::open);
    if (disputed) actions.emplace_back("settle");
    return actions;
}

}  // namespace

Result<std::string> timeline_json(ledger::Reading& reading, const ledger::Payment& payment,
                                  std::string_view role) {
    Life life(reading, payment);
    TOLLGATE_DO(life.gather());
    JsonObject json;
    json.raw("payment", to_json(payment))
        .raw("entries", life.entries_json())
        .yes("cut", life.is_cut())
        .raw("refunds",
             list_of(life.refunds(), [](const ledger::Refund& one) { return to_json(one); }))
        .raw("differences", list_of(life.differences(), difference_json))
        .number("refundable", refundable_fen(payment, life.refunds()))
        .raw("actions", list_of(allowed_actions(payment, life, role),
                                [](const std::string& name) { return '"' + name + '"'; }));
    return std::move(json).end();
}

void Timeline::add_routes(transport::Router& router) {
    router.add(
        "GET", "/console/api/payments/{id}/timeline",
        [this](ServerRequest& request, Ticket ticket) {
            const auto session = admit(parts_, request, ticket);
            if (!session) return;
            answer_at_desk(
                parts_, std::move(ticket),
                [this, id = request.request_id, payment_id = request.captures.at(0),
                 role = session->role] {
                    return response_from_ledger(
                        parts_.api, id, [&](ledger::Reading& reading) -> Result<ServerResponse> {
                            TOLLGATE_TRY(const auto payment, reading.payment_by_id(payment_id));
                            if (!payment) return to_response(no_such_payment());
                            TOLLGATE_TRY(auto json, timeline_json(reading, *payment, role));
                            return json_response(200, std::move(json));
                        });
                });
        });
}

}  // namespace tollgate::gateway::operate
