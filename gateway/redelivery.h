#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/api_request.h"
#include "gateway/idempotency.h"

namespace tollgate::gateway {

// POST /v1/events/{id}/redeliver, read and checked.
struct RedeliverRequest {
    std::optional<std::string> endpoint;  // That the body names, if it does.
    std::optional<std::string> key;
};
RedeliverRequest read_redeliver_request(const transport::ServerRequest& request,
                                        std::vector<config::Problem>& problems);

// Begins the event's deliveries again: to the endpoint, or to every one that wants it.
void redeliver_one(const ApiSeams& seams, const Caller& caller,
                   const transport::ServerRequest& request, const RedeliverRequest& wanted,
                   transport::Ticket ticket);

// POST /v1/events/redeliver, read and checked.
struct RangeRequest {
    std::string endpoint;
    ledger::DeliveryQuery query;  // But for the endpoint's row and the apps.
    bool dry_run = false;
    std::optional<std::string> key;
    std::string fingerprint;
};
RangeRequest read_range_request(const transport::ServerRequest& request,
                                std::vector<config::Problem>& problems);

// The dry run: how many there are.
void count_range(const ApiSeams& seams, const Caller& caller,
                 const transport::ServerRequest& request, const RangeRequest& range,
                 transport::Ticket ticket);

// Begins the deliveries of a range again, a bounded step a unit of work, so that nobody waits long
// behind it. When the process dies in between, the same request goes on: what was begun again is
// pending, and is not found a second time.
class RangeRedelivery : public std::enable_shared_from_this<RangeRedelivery> {
public:
    static constexpr int kStepMax = 1'000;
    static constexpr std::int64_t kRequestMax = 10'000;

    static void start(const ApiSeams& seams, const Caller& caller,
                      const transport::ServerRequest& request, const RangeRequest& range,
                      transport::Ticket ticket);

    // See start().
    RangeRedelivery(const ApiSeams& seams, const Caller& caller,
                    const transport::ServerRequest& request, const RangeRequest& range,
                    transport::Ticket ticket);

private:
    struct Step {
        std::optional<transport::ServerResponse> response;  // The last step's.
        ledger::Outbox::Redelivered done;
        std::optional<std::string> body;  // As above, of a run that came to its end.
    };

    void submit_step();
    Result<Step> step(ledger::Books& books) const;
    Result<std::optional<transport::ServerResponse>> begin(ledger::Books& books) const;
    void take(Result<Step> step);

    const ApiSeams& seams_;
    const Caller& caller_;
    const std::string request_id_;
    const RangeRequest range_;
    const KeyedRequest keyed_;
    transport::Ticket ticket_;
    // Written between the steps, on the writer's thread.
    std::int64_t count_ = 0;
    ledger::RowId after_ = 0;
    bool begun_ = false;
};

}  // namespace tollgate::gateway
