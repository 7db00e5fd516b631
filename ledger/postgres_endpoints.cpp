// The half of PostgresOutbox that writes endpoints.
#include <algorithm>

#include "base/check.h"
#include "ledger/postgres_outbox.h"
#include "ledger/postgres_outbox_reading.h"
#include "ledger/postgres_rows.h"

namespace tollgate::ledger {
namespace {

constexpr const char* kNotInSettings = "not_in_settings";

bool same_plan(const EndpointPlan& a, const EndpointPlan& b) {
    return a.url == b.url && a.description == b.description && a.apps == b.apps &&
           a.event_types == b.event_types && a.rules == b.rules;
}

}  // namespace

Result<std::vector<Endpoint>> PostgresOutbox::endpoints_changed_since(std::int64_t version) {
    static const std::string kSql = select_endpoint_rows("version > $1 ORDER BY version");
    TOLLGATE_TRY(const auto rows, session_.query(kSql.c_str(), version));
    return read_all(rows, read_endpoint<PostgresRow>);
}

// Its row is ours until the COMMIT: nobody who changes an endpoint later gets a lower version.
Result<std::int64_t> PostgresOutbox::next_version() {
    TOLLGATE_TRY(const auto rows,
                 session_.write_now("UPDATE endpoint_change SET last = last + 1 WHERE id = 1"
                                    " RETURNING last"));
    TOLLGATE_CHECK(!rows.empty());
    return rows[0].integer(0);
}

// Of what has been published up to now, the last that can be this endpoint's.
Result<RowId> PostgresOutbox::last_delivery(RowId endpoint) {
    TOLLGATE_TRY(const auto rows, session_.query("SELECT last FROM publication"));
    TOLLGATE_CHECK(!rows.empty());
    return delivery_row(endpoint, rows[0].integer(0));
}

Result<Done> PostgresOutbox::add_endpoint(Endpoint& endpoint) {
    TOLLGATE_TRY(endpoint.version, next_version());
    TOLLGATE_TRY(
        const auto added,
        session_.write_now("INSERT INTO endpoint (endpoint_id, origin, url, description, apps,"
                           " event_types, rules, status, version, created_ms, updated_ms)"
                           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)"
                           " ON CONFLICT DO NOTHING RETURNING id",
                           endpoint.id, name_of(endpoint.origin), endpoint.plan.url,
                           endpoint.plan.description, join_lines(endpoint.plan.apps),
                           join_lines(endpoint.plan.event_types), endpoint.plan.rules,
                           name_of(endpoint.status), endpoint.version, endpoint.created_at.ms));
    if (added.empty()) return session_.taken("the endpoint's id is taken");
    endpoint.row = added[0].integer(0);
    endpoint.updated_at = endpoint.created_at;
    return Done{};
}

// Everything but the row, the id, the origin and the time of making.
Result<Done> PostgresOutbox::write_endpoint(const Endpoint& endpoint, std::int64_t version_before) {
    return session_.change_one(
        "UPDATE endpoint SET url = $1, description = $2, apps = $3, event_types = $4, rules = $5,"
        " status = $6, parked_reason = $7, parked_ms = $8, failing_since_ms = $9,"
        " open_until_ms = $10, openings = $11, backlog_to = $12, version = $13, updated_ms = $14"
        " WHERE id = $15 AND version = $16",
        endpoint.plan.url, endpoint.plan.description, join_lines(endpoint.plan.apps),
        join_lines(endpoint.plan.event_types), endpoint.plan.rules, name_of(endpoint.status),
        endpoint.parked_reason, ms_of(endpoint.parked_at), ms_of(endpoint.health.failing_since),
        ms_of(endpoint.health.open_until), endpoint.health.openings, endpoint.backlog_to,
        endpoint.version, endpoint.updated_at.ms, endpoint.row, version_before);
}

Result<Done> PostgresOutbox::set_plan(Endpoint& endpoint, const EndpointPlan& plan, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.plan = plan;
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.version, next_version());
    return write_endpoint(endpoint, before);
}

Result<Done> PostgresOutbox::park(Endpoint& endpoint, std::string_view reason, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.status = EndpointStatus::parked;
    endpoint.parked_reason = std::string(reason);
    endpoint.parked_at = now;
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.version, next_version());
    return write_endpoint(endpoint, before);
}

Result<Done> PostgresOutbox::enable(Endpoint& endpoint, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.status = EndpointStatus::enabled;
    endpoint.parked_reason.reset();
    endpoint.parked_at.reset();
    endpoint.health = {};
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.backlog_to, last_delivery(endpoint.row));
    TOLLGATE_TRY(endpoint.version, next_version());
    return write_endpoint(endpoint, before);
}

Result<Done> PostgresOutbox::remove(Endpoint& endpoint, Timestamp now) {
    const std::int64_t before = endpoint.version;
    endpoint.status = EndpointStatus::removed;
    endpoint.updated_at = now;
    TOLLGATE_TRY(endpoint.version, next_version());
    TOLLGATE_DO(write_endpoint(endpoint, before));
    TOLLGATE_DO(session_.write(
        "UPDATE delivery SET status = 'cancelled', finished_ms = $1, claimed_ms = NULL,"
        " lease_until_ms = NULL WHERE endpoint = $2 AND status = 'pending'",
        now.ms, endpoint.row));
    return session_.write("DELETE FROM endpoint_secret WHERE endpoint = $1", endpoint.row);
}

Result<Done> PostgresOutbox::set_health(RowId endpoint, const EndpointHealth& health,
                                        bool outage_over, Timestamp now) {
    TOLLGATE_TRY(const std::int64_t version, next_version());
    RowId backlog_to = 0;
    if (outage_over) {
        TOLLGATE_TRY(backlog_to, last_delivery(endpoint));
    }
    return session_.write(
        "UPDATE endpoint SET failing_since_ms = $1, open_until_ms = $2, openings = $3,"
        " backlog_to = GREATEST(backlog_to, $4), version = $5, updated_ms = $6 WHERE id = $7",
        ms_of(health.failing_since), ms_of(health.open_until), health.openings, backlog_to, version,
        now.ms, endpoint);
}

Result<Done> PostgresOutbox::add_secret(const Endpoint& endpoint, const Secret& secret,
                                        std::optional<Timestamp> others_expire, Timestamp now) {
    TOLLGATE_DO(
        session_.write("UPDATE endpoint_secret SET expires_ms = LEAST(coalesce(expires_ms, $1), $1)"
                       " WHERE endpoint = $2",
                       others_expire.value_or(now).ms, endpoint.row));
    TOLLGATE_DO(
        session_.write("DELETE FROM endpoint_secret WHERE endpoint = $1 AND expires_ms <= $2",
                       endpoint.row, now.ms));
    TOLLGATE_DO(session_.write(
        "INSERT INTO endpoint_secret (endpoint, secret, created_ms) VALUES ($1, $2, $3)",
        endpoint.row, secret.reveal(), now.ms));
    // Whoever signs learns of it by the endpoint's version.
    TOLLGATE_TRY(const std::int64_t version, next_version());
    return session_.change_one("UPDATE endpoint SET version = $1, updated_ms = $2 WHERE id = $3",
                               version, now.ms, endpoint.row);
}

Result<Done> PostgresOutbox::set_configured_endpoints(const std::vector<Configured>& endpoints,
                                                      Timestamp now) {
    static const std::string kConfigured = select_endpoint_rows("origin = 'config'");
    static const std::string kById = select_endpoint_rows("endpoint_id = $1");
    // Processes that start together do it one after the other.
    TOLLGATE_TRY(
        const auto found,
        session_.query_all({{"SELECT last FROM endpoint_change WHERE id = 1 FOR NO KEY UPDATE", {}},
                            {kConfigured.c_str(), {}}}));
    TOLLGATE_TRY(auto known, read_all(found[1], read_endpoint<PostgresRow>));
    for (Endpoint& endpoint : known) {
        const bool named = std::ranges::any_of(
            endpoints, [&](const Configured& configured) { return configured.id == endpoint.id; });
        if (named || endpoint.status != EndpointStatus::enabled) continue;
        TOLLGATE_DO(park(endpoint, kNotInSettings, now));
    }
    for (const Configured& configured : endpoints) {
        TOLLGATE_TRY(const auto rows, session_.query(kById.c_str(), configured.id));
        TOLLGATE_TRY(auto there, read_all(rows, read_endpoint<PostgresRow>));
        if (there.empty()) {
            Endpoint endpoint;
            endpoint.id = configured.id;
            endpoint.plan = configured.plan;
            endpoint.created_at = now;
            TOLLGATE_DO(add_endpoint(endpoint));
            continue;
        }
        Endpoint& endpoint = there.front();
        // The settings may name what the API made, or removed: from now on it is theirs.
        if (endpoint.origin == EndpointOrigin::api) {
            TOLLGATE_DO(session_.write("UPDATE endpoint SET origin = 'config' WHERE id = $1",
                                       endpoint.row));
        }
        if (!same_plan(endpoint.plan, configured.plan)) {
            TOLLGATE_DO(set_plan(endpoint, configured.plan, now));
        }
        const bool was_gone =
            endpoint.status == EndpointStatus::removed || endpoint.parked_reason == kNotInSettings;
        if (was_gone) TOLLGATE_DO(enable(endpoint, now));
    }
    return Done{};
}

}  // namespace tollgate::ledger
