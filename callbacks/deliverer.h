#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "callbacks/carrier.h"
#include "callbacks/delivery_round.h"
#include "callbacks/endpoint_line.h"
#include "callbacks/target.h"
#include "ledger/writer.h"

namespace tollgate::callbacks {

struct DelivererSettings {
    BreakerRules breaker;
    int in_flight_max = 512;        // At all endpoints together.
    std::vector<std::string> apps;  // All there are.
};

// All must outlive the deliverer, and what its rounds leave at the writer.
struct DelivererSeams {
    ledger::Writer& writer;
    Clock& clock;
    Random& random;
    Entropy& entropy;
    Log& log;
    // The carrier for an endpoint.
    std::function<Carrier&(const ledger::Endpoint&)> carrier_of;
    // Makes the thread that calls run_once() call it again soon; called from any thread.
    std::function<void()> wake;
    // Events have got their publication numbers; called from the writer's thread.
    std::function<void()> published;
};

// Tells the order service what the ledger's outbox holds, at least once; a receiver drops an event
// id that it has seen and a version that is not newer.
//
// In rounds, one unit of work each: what has ended is recorded, what has been committed since gets
// its publication number and its deliveries, what is due is claimed. Between rounds the claimed
// deliveries are sent, each endpoint within its own limits (see EndpointLine). A claim is a lease,
// longer than an attempt may take, so that one whose process died is picked up when the lease runs
// out and none is sent by two at a time.
class Deliverer {
public:
    Deliverer(EndpointKeys keys, DelivererSettings settings, DelivererSeams seams);
    ~Deliverer();

    // There may be something new to deliver, or an endpoint has changed. Safe from any thread.
    void hint();

    // Starts what has been claimed, records what has ended, claims what is due. Never waits.
    // Returns how long the caller may wait before the next call, if nothing wakes it sooner. One
    // thread.
    std::chrono::milliseconds run_once();

    // Claims nothing more and gives back what has not started; attempts under way still end and
    // are recorded. The next run_once() does it.
    void drain();
    // Nothing is under way and everything that ended is recorded. For the thread of run_once().
    bool idle() const;

    struct Counters {
        std::uint64_t delivered = 0;
        std::uint64_t failed = 0;  // Attempts.
        std::uint64_t spent = 0;   // Deliveries that used up their budget.
        std::uint64_t parked = 0;  // Endpoints.
    };
    Counters counters() const;

    // One endpoint's share, and how it stands. Those that are removed are none.
    struct EndpointView {
        std::string id;
        std::uint64_t delivered = 0;
        std::uint64_t failed = 0;  // Attempts.
        std::uint64_t spent = 0;
        bool breaker_open = false;
        bool parked = false;
    };
    // From any thread.
    std::vector<EndpointView> endpoints() const;

private:
    struct Shared;  // Outlives us in the writer's and the carriers' hands.
    struct Report {
        ledger::RowId endpoint = 0;
        Claimed claimed;
        AttemptReport report;
    };

    void take_round(RoundOutcome outcome, Timestamp now);
    void take_report(Report& report, Timestamp now);
    void give_back(EndpointLine& line);
    void start_all(Timestamp now);
    bool can_start_more() const;
    void start(EndpointLine& line, Claimed claimed);
    bool has_to_record() const;
    bool has_plenty() const;
    RoundPlan make_plan(Timestamp now);
    void submit(RoundPlan plan);
    EndpointLine& line_of(ledger::RowId endpoint);
    void log_attempt(const EndpointLine& line, const Claimed& claimed, const Settled& settled);
    int in_hand() const;
    int claim_room() const;
    void note_target(const Target& target);
    void note_settled(const EndpointLine& line, const Settled& settled);

    const std::shared_ptr<const EndpointKeys> keys_;  // A round may outlive us.
    const DelivererSettings settings_;
    const DelivererSeams seams_;
    std::shared_ptr<Shared> shared_;

    // Only run_once()'s thread touches what follows.
    std::shared_ptr<const Directory> directory_ = std::make_shared<Directory>();
    std::int64_t directory_version_ = 0;
    std::map<ledger::RowId, EndpointLine> lines_;
    std::set<ledger::RowId> ready_;  // Lines that may have something to start.
    ledger::RowId next_to_start_ = 0;
    std::vector<Report> reports_;  // Of this turn; its room is used again.
    int in_flight_ = 0;
    std::vector<ledger::PendingWork> waiting_;  // See RoundPlan.
    RoundPlan to_record_;      // Its recording half: what has ended since the last round.
    bool more_is_due_ = true;  // At the start there may be deliveries of an earlier life.
    bool hinted_ = false;      // Events have been committed since the last round was handed in.
    std::optional<Timestamp> due_at_;
    std::size_t rounds_ = 0;
    std::chrono::nanoseconds round_at_{};  // The last one was handed in; monotonic.

    mutable std::mutex views_mutex_;
    std::map<ledger::RowId, EndpointView> views_;
    std::atomic<bool> draining_ = false;
    std::atomic<std::uint64_t> delivered_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    std::atomic<std::uint64_t> spent_ = 0;
    std::atomic<std::uint64_t> parked_ = 0;
};

}  // namespace tollgate::callbacks
