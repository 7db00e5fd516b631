#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ledger/payment.h"

// Events on their way to one endpoint each: rows as they are written and read.
namespace tollgate::ledger {

enum class DeliveryStatus {
    pending,
    delivered,
    spent,      // Its budget is used up: kept, listed, and delivered again when asked.
    cancelled,  // The receiver or the endpoint's owner wants it no more.
};

std::string_view name_of(DeliveryStatus status);
std::optional<DeliveryStatus> delivery_status_from(std::string_view name);

// In which of an endpoint's lines a delivery waits. Each is served for itself, so that what happens
// now never waits behind what has piled up.
enum class Lane {
    fresh,    // Never tried, and younger than the endpoint's last outage.
    backlog,  // Never tried, piled up during an outage.
    retry,    // Tried before; each has its time.
};

// An event that has no publication number yet.
struct UnpublishedEvent {
    RowId row = 0;
    std::string id;
    std::string app;
    std::string type;
    std::optional<RowId> payment;
    std::string payload;
    Timestamp created_at;
    std::optional<RowId> only_endpoint;
};

// What waits for one endpoint.
struct PendingWork {
    RowId endpoint = 0;
    bool never_tried = false;
    std::optional<Timestamp> next_retry_at;  // The earliest; leases count until they run out.
};

// An attempt's outcome: the receiver is well and says no to this message.
inline constexpr std::string_view kRefusedOutcome = "refused";

// A claimed delivery, with all that an attempt needs.
struct DueDelivery {
    RowId row = 0;
    RowId endpoint = 0;
    std::string event_id;
    std::string event_type;
    std::string payload;
    Timestamp event_created_at;
    int attempt = 1;  // The number of the attempt that the claim has begun, over all generations.
    int counted = 1;  // Of the budget, this attempt included.
    int refused = 0;  // Those before it in this generation that ended as kRefusedOutcome.
    int generation = 1;
    Timestamp claimed_at;
};

// How long the parts of an exchange took, each since its start, in microseconds.
struct AttemptPhases {
    std::optional<std::int64_t> dns_us;
    std::optional<std::int64_t> connect_us;
    std::optional<std::int64_t> tls_us;
    std::optional<std::int64_t> first_byte_us;
    std::optional<std::int64_t> total_us;
};

// How an attempt ended, and what becomes of its delivery.
struct AttemptResult {
    RowId delivery = 0;
    int attempt = 0;
    int generation = 1;
    Timestamp started_at;
    Timestamp finished_at;
    std::string outcome;  // delivered, http_error, timeout, network_error, blocked_address, …
    std::optional<std::int64_t> http_status;
    std::string address;  // What we were really connected to.
    AttemptPhases phases;
    std::string detail;  // The first part of the answer, or the error.
    DeliveryStatus becomes = DeliveryStatus::pending;
    std::optional<Timestamp> next_attempt_at;  // Of one that stays pending.
    bool forgiven = false;                     // The budget does not count this attempt.
};

// --- as the API shows them -----------------------------------------------------------------------

struct EventView {
    RowId row = 0;
    std::string id;
    std::string app;
    std::string type;
    std::string payload;
    Timestamp created_at;
    std::optional<std::int64_t> publication;
};

struct DeliveryView {
    RowId place = 0;  // In its endpoint's line: what DeliveryQuery::after takes.
    std::string event_id;
    std::string event_type;
    std::string app;
    std::string endpoint_id;
    DeliveryStatus status = DeliveryStatus::pending;
    int generation = 1;
    int attempts = 0;
    Timestamp event_created_at;
    Timestamp next_attempt_at;
    std::optional<Timestamp> lease_until;
    std::optional<Timestamp> finished_at;
};

struct AttemptView {
    std::string endpoint_id;
    int number = 0;
    int generation = 1;
    Timestamp started_at;
    std::optional<Timestamp> finished_at;  // Absent: our process died in it.
    std::string outcome;
    std::optional<std::int64_t> http_status;
    std::string address;
    AttemptPhases phases;
    std::string detail;
};

// How much waits for an endpoint; see OutboxReading::kCountMax.
struct EndpointLoad {
    std::int64_t pending = 0;
    std::int64_t given_up = 0;  // Spent and cancelled.
    std::optional<Timestamp> oldest_pending_at;
};

}  // namespace tollgate::ledger
