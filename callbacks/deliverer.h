#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "callbacks/retry_schedule.h"
#include "ledger/writer.h"
#include "signing/webhook.h"
#include "transport/http_client.h"

namespace tollgate::callbacks {

struct DelivererSettings {
    RetrySchedule schedule;
    std::chrono::milliseconds timeout{15'000};  // Of one attempt, in all.
    int in_flight_max = 64;
};

// All must outlive the deliverer. `wake` makes the thread that calls run_once() call it again soon;
// it is called from the writer's thread.
struct DelivererSeams {
    ledger::Writer& writer;
    transport::HttpClient& http;
    Clock& clock;
    Random& random;
    Log& log;
    std::function<void()> wake;
};

using EndpointKeys = std::map<std::string, std::vector<signing::WebhookKey>, std::less<>>;

// Tells the order service what the outbox promised, at least once, in no fixed order: a receiver
// drops an event id it has seen and a version that is not newer. Signed by the Standard Webhooks
// scheme with every secret of the endpoint. Any 2xx is an acknowledgement; a redirect is not.
//
// A delivery is claimed by lease, longer than an attempt may take, so that one whose process died
// is picked up when the lease runs out and none is sent by two at a time.
class Deliverer {
public:
    Deliverer(EndpointKeys keys, DelivererSettings settings, DelivererSeams seams);
    ~Deliverer();

    // There may be something new to deliver. Safe from any thread.
    void hint();

    // Starts what has been claimed, records what has ended, claims what is due. Never waits.
    // Returns how long the caller may wait before the next call, if nothing wakes it sooner. One
    // thread, the one that drives the HTTP client.
    std::chrono::milliseconds run_once();

    // Claims nothing more; attempts under way still end and are recorded.
    void drain();
    // Nothing is under way and everything that ended is recorded.
    bool idle() const;

    struct Counters {
        std::uint64_t delivered = 0;
        std::uint64_t failed = 0;  // Attempts.
        std::uint64_t spent = 0;   // Deliveries that used up their budget.
    };
    Counters counters() const;

private:
    struct Shared;  // Outlives us in the writer's hands.

    void start(const ledger::DueDelivery& delivery);
    void finished(const ledger::DueDelivery& delivery, const Result<transport::ClientReply>& reply);
    void submit_round(std::vector<ledger::AttemptResult> results, int room);

    const EndpointKeys keys_;
    const DelivererSettings settings_;
    DelivererSeams seams_;
    std::shared_ptr<Shared> shared_;
    std::vector<ledger::AttemptResult> results_;  // Ended, not yet recorded.
    int in_flight_ = 0;
    std::atomic<bool> draining_ = false;
    std::atomic<std::uint64_t> delivered_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    std::atomic<std::uint64_t> spent_ = 0;
};

}  // namespace tollgate::callbacks
