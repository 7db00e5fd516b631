#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "ledger/payment.h"

// Where events go: rows as they are written and read. Who may write them stands in outbox.h.
namespace tollgate::ledger {

enum class EndpointStatus {
    enabled,
    parked,   // Gets nothing; its events are kept until it is enabled again.
    removed,  // Gone for its owner; its row stays for the history of its deliveries.
};

std::string_view name_of(EndpointStatus status);

// Who made it: the settings (trusted, and nobody else changes it) or the API.
enum class EndpointOrigin { config, api };

std::string_view name_of(EndpointOrigin origin);

// What its owner says about it.
struct EndpointPlan {
    std::string url;  // http(s)://… or amqp(s)://…, never with a password.
    std::string description;
    std::vector<std::string> apps;         // Empty: every app.
    std::vector<std::string> event_types;  // "payment.paid", "refund.*"; empty: every type.
    std::string rules = "{}";              // JSON; see config/delivery_rules.h.
};

// What its deliveries say about it.
struct EndpointHealth {
    std::optional<Timestamp> failing_since;  // The first failure since the last success.
    std::optional<Timestamp> open_until;     // The breaker is open; a probe may go then.
    std::int64_t openings = 0;               // Of the breaker, without a success between them.

    friend bool operator==(const EndpointHealth&, const EndpointHealth&) = default;
};

struct Endpoint {
    RowId row = 0;
    std::string id;
    EndpointOrigin origin = EndpointOrigin::config;
    EndpointPlan plan;
    EndpointStatus status = EndpointStatus::enabled;
    std::optional<std::string> parked_reason;  // "not_in_settings", "gone", "failing", "by_hand", …
    std::optional<Timestamp> parked_at;
    EndpointHealth health;
    RowId backlog_to = 0;      // Deliveries up to this row go by the backlog's lane.
    std::int64_t version = 0;  // Of all endpoints, the latest change has the highest.
    Timestamp created_at;
    Timestamp updated_at;
};

// "payment.paid" matches itself, "payment.*" every type that begins with "payment.".
bool type_matches(std::string_view pattern, std::string_view type);
// True when an event of this app and type is for it.
bool wants(const EndpointPlan& plan, std::string_view app, std::string_view type);
// True when it gets of this app whatever these patterns mean (none of them: every type).
bool wants_all(const EndpointPlan& plan, std::string_view app,
               const std::vector<std::string>& patterns);

struct EndpointSecret {
    RowId row = 0;
    Secret secret;
    Timestamp created_at;
    std::optional<Timestamp> expires_at;  // Rotated out then; absent: the current one.
};

}  // namespace tollgate::ledger
