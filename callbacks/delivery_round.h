#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "callbacks/target.h"
#include "ledger/books.h"

namespace tollgate::callbacks {

// What an endpoint may be given in a round.
struct Allowance {
    int fresh = 0;
    int again = 0;       // By the lanes for what failed before or piled up.
    bool probe = false;  // The breaker is open: one, of any lane, and nothing else.
};

// What the deliverer wants a round to do: one unit of work, one COMMIT. Immutable: a unit may run
// twice.
struct RoundPlan {
    // Attempts that have ended, deliveries that will not be tried after all, and what was learnt.
    std::vector<ledger::AttemptResult> results;
    std::vector<ledger::DueDelivery> released;
    struct Health {
        ledger::RowId endpoint = 0;
        ledger::EndpointHealth health;
        bool outage_over = false;
    };
    std::vector<Health> healths;
    struct Parking {
        ledger::RowId endpoint = 0;
        std::string reason;
    };
    std::vector<Parking> parkings;

    // What is known of the endpoints, up to that version.
    std::shared_ptr<const Directory> directory = std::make_shared<Directory>();
    std::int64_t directory_version = 0;

    // Of endpoints that are not named here, `newcomer` holds.
    std::map<ledger::RowId, Allowance> allowances;
    Allowance newcomer;
    int room = 0;  // For claims, over all endpoints.
    // What was pending after the last round; more is found in the publishing.
    std::vector<ledger::PendingWork> waiting;
    std::size_t start = 0;  // Moves on from round to round, so that no endpoint is always first.
    std::vector<std::string> apps;  // All there are.
};

// A claimed delivery, and until when it is ours.
struct Claimed {
    ledger::DueDelivery delivery;
    Timestamp lease_until;
    bool probe = false;    // While the breaker is open.
    bool again = false;    // It goes by the lane for what failed before or piled up.
    Timestamp started_at;  // Of its attempt.
};

// What a round found.
struct RoundOutcome {
    std::shared_ptr<const Directory> directory;  // With what has changed.
    std::int64_t directory_version = 0;
    std::vector<std::shared_ptr<const Target>> changed;
    std::vector<Claimed> claimed;
    std::vector<ledger::PendingWork> pending;  // After the claims.
    // Lanes that gave less than they might have: nothing more is due in them now.
    std::map<ledger::RowId, bool> fresh_is_empty;
    std::map<ledger::RowId, bool> again_is_empty;
    std::vector<std::shared_ptr<const Target>> parked;
    // The last of an app: it must not be parked.
    std::vector<std::shared_ptr<const Target>> slowed;
    int published = 0;
    bool more_to_publish = false;
};

// A lease outlives two attempts and the commits around them: one for the attempt, one for waiting
// its turn.
std::chrono::milliseconds lease_of(std::chrono::milliseconds timeout);

struct RoundSeams {
    const EndpointKeys& keys;
    Clock& clock;
    Entropy& entropy;
};

// The unit's work: records, publishes what has been committed since, claims what is due.
Result<RoundOutcome> run_round(const RoundPlan& plan, ledger::Books& books,
                               const RoundSeams& seams);

}  // namespace tollgate::callbacks
