#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/delivery.h"
#include "ledger/endpoint.h"

namespace tollgate::ledger {

// Which events to show. Only those that have their publication number, in its order.
struct EventQuery {
    std::vector<std::string> apps;  // Of these only; none at all when empty.
    std::int64_t after = 0;         // Publication number.
    std::optional<Timestamp> since;
    std::string type;  // Empty: every type; "payment.*" for a family.
    int limit = 100;
};

// Which deliveries of one endpoint to show, or to begin again.
struct DeliveryQuery {
    RowId endpoint = 0;
    std::vector<std::string> apps;         // Of these only; none at all when empty.
    std::vector<DeliveryStatus> statuses;  // Any of these; empty: every one.
    std::string type;                      // As in EventQuery.
    std::optional<Timestamp> from;         // The event was created at or after it …
    std::optional<Timestamp> to;           // … and before it.
    RowId after = 0;                       // DeliveryView::place.
    int limit = 100;
};

// What can be asked about events, endpoints and deliveries; see Reading.
class OutboxReading {
public:
    virtual ~OutboxReading() = default;

    virtual Result<std::vector<Endpoint>> endpoints() = 0;  // Those removed left out.
    virtual Result<std::optional<Endpoint>> endpoint(std::string_view id) = 0;
    virtual Result<EndpointLoad> load_of(const Endpoint& endpoint) = 0;
    // Of an endpoint made through the API: those that sign at `now`, the current one first.
    virtual Result<std::vector<EndpointSecret>> secrets_of(const Endpoint& endpoint,
                                                           Timestamp now) = 0;
    virtual Result<std::vector<EventView>> events(const EventQuery& query) = 0;
    virtual Result<std::optional<EventView>> event(std::string_view event_id) = 0;
    // Every event up to this number is there by now; those to come have higher ones.
    virtual Result<std::int64_t> published_to() = 0;
    // The highest number of an event that was removed for its age; 0: none was.
    virtual Result<std::int64_t> events_removed_to() = 0;
    virtual Result<std::vector<DeliveryView>> deliveries_of(const EventView& event) = 0;
    // The oldest first.
    virtual Result<std::vector<AttemptView>> attempts_of(const EventView& event) = 0;
    virtual Result<std::vector<DeliveryView>> deliveries(const DeliveryQuery& query) = 0;
    // Counts no further than kCountMax: whatever there is, an answer takes no more than a moment.
    virtual Result<std::int64_t> count_deliveries(const DeliveryQuery& query) = 0;
    static constexpr std::int64_t kCountMax = 100'000;
};

// The writing half: how events leave the ledger. Every call belongs to a unit of work; isolation
// and errors as in Books.
class Outbox {
public:
    virtual ~Outbox() = default;

    // Events without a publication number, in the order in which they were committed. Whoever asks
    // holds the numbering until the unit ends: two claimers never give one number twice, and an
    // event whose transaction commits later gets a higher number than any reader has yet seen.
    virtual Result<std::vector<UnpublishedEvent>> unpublished_events(int limit) = 0;
    // Gives these, which must be all that unpublished_events() has just said, the next numbers.
    virtual Result<Done> publish(const std::vector<UnpublishedEvent>& events) = 0;
    // Promises the event to the endpoint, due at once; nothing when that was promised before.
    // `ordered_by`: the endpoint wants what belongs to this payment one at a time and in order.
    virtual Result<Done> add_delivery(const UnpublishedEvent& event, const Endpoint& endpoint,
                                      std::optional<RowId> ordered_by, Timestamp now) = 0;
    // Promises it and claims it in the same step, as add_delivery() and claim() by the fresh lane
    // would one after the other, for much less: most deliveries need no more than a first attempt.
    // Nothing when that was promised before: then it waits in its line.
    virtual Result<std::optional<DueDelivery>> add_claimed(const UnpublishedEvent& event,
                                                           const Endpoint& endpoint, Timestamp now,
                                                           Timestamp lease_until) = 0;

    // Endpoints that were changed after `version`, removed ones included.
    virtual Result<std::vector<Endpoint>> endpoints_changed_since(std::int64_t version) = 0;

    // Every endpoint for which something is pending, due or not, parked or not.
    virtual Result<std::vector<PendingWork>> pending_work() = 0;

    // Claims up to `limit` due deliveries of one lane of one endpoint until `lease_until`, and
    // counts an attempt for each before it is made, so that a request that kills us cannot be tried
    // for ever. One whose lease has run out is due again; the attempt that it cut short is recorded
    // as `interrupted`. What is ordered by a payment waits for all that is before it.
    struct Claim {
        const Endpoint& endpoint;
        Lane lane = Lane::fresh;
        int limit = 0;
        Timestamp now;
        Timestamp lease_until;
    };
    virtual Result<std::vector<DueDelivery>> claim(const Claim& claim) = 0;
    // Gives a claimed delivery back untried: its attempt is not counted.
    virtual Result<Done> release(const DueDelivery& delivery, Timestamp now) = 0;
    // Records the attempt. Only the latest attempt decides what becomes of the delivery, except
    // that delivered is delivered, whichever attempt brought it. One whose delivery retention has
    // taken meanwhile (it was over by another attempt) is recorded nowhere.
    virtual Result<Done> finish_attempt(const AttemptResult& result) = 0;

    // Makes the endpoints of the configuration what these say; those that are gone from it are
    // parked with `not_in_settings`, and those that come back from there are enabled.
    struct Configured {
        std::string id;
        EndpointPlan plan;
    };
    virtual Result<Done> set_configured_endpoints(const std::vector<Configured>& endpoints,
                                                  Timestamp now) = 0;

    // Gives endpoint.row and its version. Errors: conflict when the id is taken.
    virtual Result<Done> add_endpoint(Endpoint& endpoint) = 0;
    // Errors (these four): stale_version when the endpoint is no longer as it was read.
    virtual Result<Done> set_plan(Endpoint& endpoint, const EndpointPlan& plan, Timestamp now) = 0;
    // Parking keeps what is pending; enabling makes all of it backlog and closes the breaker;
    // removing cancels it.
    virtual Result<Done> park(Endpoint& endpoint, std::string_view reason, Timestamp now) = 0;
    virtual Result<Done> enable(Endpoint& endpoint, Timestamp now) = 0;
    virtual Result<Done> remove(Endpoint& endpoint, Timestamp now) = 0;

    // What its deliveries taught about it. `outage_over`: what waits now becomes backlog.
    virtual Result<Done> set_health(RowId endpoint, const EndpointHealth& health, bool outage_over,
                                    Timestamp now) = 0;

    // Adds the current secret; the ones before it sign until `others_expire`.
    virtual Result<Done> add_secret(const Endpoint& endpoint, const Secret& secret,
                                    std::optional<Timestamp> others_expire, Timestamp now) = 0;

    // Begins one delivery again, whatever became of it: a new generation with a whole budget. It
    // goes by the retry lane, so that it never overtakes what happens now. Makes the delivery when
    // the event was never promised to the endpoint.
    virtual Result<Done> redeliver(const EventView& event, const Endpoint& endpoint,
                                   Timestamp now) = 0;
    // The same for those that the query finds, at most query.limit; how many, and the last place.
    struct Redelivered {
        std::int64_t count = 0;
        RowId last = 0;
    };
    virtual Result<Redelivered> redeliver(const DeliveryQuery& query, Timestamp now) = 0;
};

}  // namespace tollgate::ledger
